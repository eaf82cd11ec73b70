/** Code that Google runs: the two parts that a call is. */
import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject, stringOf } from '../../core/json.ts';
import type { CodeStep } from '../neutral/server-tools.ts';

const FORMAT = 'gemini-generate';

/** Reads a part that is a step of a call; undefined for any other. `number` counts the calls of the answer so far. */
export function readCodeStep(part: JsonObject, number: number): CodeStep | undefined {
  const { executableCode: code, codeExecutionResult: result } = part;
  const step = { type: 'server-call', tool: 'code-execution', raw: { format: FORMAT, value: part } } as const;
  if (isJsonObject(code)) return { ...step, step: 'begins', id: `code_${number}`, code: stringOf(code.code) ?? '' };
  if (!isJsonObject(result)) return undefined;
  const outcome = stringOf(result.outcome);
  const failure = outcome === undefined || outcome === 'OUTCOME_OK' ? undefined : outcome;
  const output = stringOf(result.output) ?? '';
  return { ...step, step: 'ends', id: `code_${number - 1}`, output, ...defined({ failure }) };
}

/** Writes a step for a client. Google has no word for another language than Python. */
export function writeCodeStep(part: CodeStep): JsonObject[] {
  if (part.raw?.format === FORMAT) return [part.raw.value];
  const code: JsonObject = { executableCode: { language: 'LANGUAGE_UNSPECIFIED', code: part.code ?? '' } };
  const outcome = part.failure === undefined ? 'OUTCOME_OK' : 'OUTCOME_FAILED';
  const result: JsonObject = { codeExecutionResult: { outcome, output: part.output ?? '' } };
  if (part.step === 'whole') return [code, result];
  return part.step === 'begins' ? [code] : [result];
}
