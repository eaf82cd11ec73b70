import { readFileSync } from 'node:fs';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { bestAt } from '../../routing/quality/best-at-level.ts';
import { shuffled } from '../../routing/quality/folds.ts';
import { type Aim, aimFor } from '../../routing/quality/quality-margin.ts';
import { type Plans, PromptJudge, type RouterState } from '../../routing/quality/router.ts';
import { RouterFileError, readRouter } from '../../routing/quality/router-file.ts';
import type { Arguments } from '../read-arguments.ts';
import { writeError, writeOut } from '../terminal.ts';
import { linesOf } from './lines-of.ts';

const DEFAULT_QUALITY = 0.95;
const DIGITS = 6;
const AGREE = 2;

interface Prompt {
  readonly id: JsonObject[string] | undefined;
  readonly scores: Readonly<Record<string, number>>;
  readonly level: number;
}

/**
 * `sluice try route --router FILE < prompts.jsonl`: for each line the model, or the cascade, that the router chooses, in their order.
 * 0; 1 if a line could not be read; 2 if the router could not.
 */
export async function tryRoute({ router, quality = DEFAULT_QUALITY, noCascade }: Arguments): Promise<number> {
  if (router === undefined) {
    writeError('try route needs a router: --router ROUTER.json, made with sluice calibrate.\n');
    return 2;
  }
  let state: RouterState;
  try {
    state = readRouter(readFileSync(router, 'utf8'));
  } catch (error) {
    if (!(error instanceof RouterFileError) && !(error instanceof Error && 'syscall' in error)) throw error;
    writeError(`${router}: ${error.message}\n`);
    return 2;
  }
  const { cascade, single } = state;
  const plans = noCascade || cascade === undefined ? single : cascade;
  return routeLines(state, plans, aimFor(plans.curve, quality));
}

async function routeLines(state: RouterState, plans: Plans, aim: Aim): Promise<number> {
  const judge = new PromptJudge(state);
  const read: (Prompt | string)[] = [];
  const texts: string[] = [];
  let line = 0;
  for await (const text of linesOf(process.stdin)) {
    line += 1;
    if (text?.trim() === '') continue;
    const prompt = text === undefined ? 'too long' : promptOf(text);
    if (typeof prompt === 'string') {
      read.push(`line ${line}: ${prompt}`);
      texts.push('');
      continue;
    }
    const scores = judge.scores(prompt.text);
    const named = Object.fromEntries(
      state.models.map((name, model) => [name, Number((scores[model] as number).toFixed(DIGITS))]),
    );
    read.push({ id: prompt.id, level: judge.level(scores), scores: named });
    texts.push(prompt.text);
  }
  const isHigh = highOf(texts, aim.share);
  let isGood = true;
  read.forEach((prompt, at) => {
    if (typeof prompt === 'string') isGood = false;
    writeOut(`${JSON.stringify(typeof prompt === 'string' ? { error: prompt } : told(prompt, isHigh[at] === 1))}\n`);
  });
  return isGood ? 0 : 1;

  function told({ id, scores, level }: Prompt, high: boolean): JsonObject {
    const { worth } = high ? aim.high : aim.low;
    const chosen = plans.pool[bestAt(plans.pool, level, worth * state.unit)];
    const { sequence = [], otherwise = state.best } = chosen ?? {};
    const name = (model: number): string => state.models[model] ?? '';
    const plan =
      sequence.length === 0
        ? { model: name(otherwise) }
        : { cascade: sequence.map(name), agree: AGREE, else: name(otherwise) };
    return { ...(id !== undefined && { id }), ...plan, scores };
  }
}

/** Which prompts get the better plan: the share that it takes, drawn by their texts, so that the same prompt is always treated alike. */
function highOf(texts: readonly string[], share: number): Uint8Array {
  const isHigh = new Uint8Array(texts.length);
  for (const at of shuffled(texts, 5).slice(0, Math.round(share * texts.length))) isHigh[at] = 1;
  return isHigh;
}

function promptOf(line: string): { id: JsonObject[string] | undefined; text: string } | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return `not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (!isJsonObject(value)) return 'not a JSON object';
  if (typeof value.prompt !== 'string') return '`prompt` must be a text';
  return { id: value.id, text: value.prompt };
}
