/** Code that Anthropic runs: the tool, and the blocks of its calls. It edits files and runs commands, each a call of its own. */
import { defined } from '../../core/defined.ts';
import { type JsonObject, objectOf, stringOf, wordOf } from '../../core/json.ts';
import type { CodeStep, CodeTool } from '../neutral/server-tools.ts';
import { isMadeId, madeId } from './server-ids.ts';

const FORMAT = 'anthropic-messages';
const TOOL = /^code_execution_\d{8}$/;
const NAME = 'code_execution';
/** The version that every Claude takes which runs code (2026-11-29). */
const VERSION = 'code_execution_20250825';
const CALLS: ReadonlySet<unknown> = new Set([NAME, 'bash_code_execution', 'text_editor_code_execution']);
const RESULT = /^(?:bash_|text_editor_)?code_execution_tool_result$/;

/** Reads a tool; undefined if it runs no code. */
export function readCodeTool(value: JsonObject): CodeTool | undefined {
  if (!TOOL.test(stringOf(value.type) ?? '')) return undefined;
  return { type: 'server', tool: 'code-execution', name: wordOf(value.name) ?? NAME, raw: { format: FORMAT, value } };
}

/** Writes the tool of another format. */
export function writeCodeTool(): JsonObject {
  return { type: VERSION, name: NAME };
}

/** Reads a block that is a step of a call; undefined for any other. */
export function readCodeStep(value: JsonObject): CodeStep | undefined {
  const isUse = value.type === 'server_tool_use' && CALLS.has(value.name);
  if (!isUse && !RESULT.test(stringOf(value.type) ?? '')) return undefined;
  const id = wordOf(isUse ? value.id : value.tool_use_id) ?? '';
  const own = isMadeId(id) ? {} : { raw: { format: FORMAT, value } as const };
  const step = { type: 'server-call', tool: 'code-execution', id } as const;
  if (isUse) return { ...step, step: 'begins', code: codeOf(objectOf(value.input) ?? {}), ...own };
  const result = objectOf(value.content) ?? {};
  const output = [result.stdout, result.stderr].filter((text) => typeof text === 'string' && text !== '').join('\n');
  const code = result.return_code;
  const failure = wordOf(result.error_code) ?? (typeof code === 'number' && code !== 0 ? `exit ${code}` : undefined);
  return { ...step, step: 'ends', output, ...defined({ failure }), ...own };
}

/** Code and a command as they are; a step of the editor as the JSON that says what it does. */
function codeOf(input: JsonObject): string {
  const only = Object.keys(input).length === 1 ? (input.code ?? input.command) : undefined;
  return typeof only === 'string' ? only : JSON.stringify(input);
}

/** Writes a step for a client. */
export function writeCodeStep(part: CodeStep): JsonObject[] {
  if (part.raw?.format === FORMAT) return [part.raw.value];
  const id = madeId(part.id, 0);
  const use: JsonObject = { type: 'server_tool_use', id, name: NAME, input: { code: part.code ?? '' } };
  const result: JsonObject = {
    type: 'code_execution_tool_result',
    tool_use_id: id,
    content: {
      type: 'code_execution_result',
      stdout: part.output ?? '',
      stderr: '',
      return_code: part.failure === undefined ? 0 : 1,
      content: [],
    },
  };
  if (part.step === 'whole') return [use, result];
  return part.step === 'begins' ? [use] : [result];
}
