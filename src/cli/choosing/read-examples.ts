/** Reads the rows that `calibrate` learns from: a prompt on each line, and what each model made of it. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Examples } from '../../routing/quality/learner.ts';
import { normalAnswer } from '../../routing/quality/normal-answer.ts';
import { MOST_MODELS, type Outcomes } from '../../routing/quality/outcomes.ts';

/** What models cost, in USD for a million tokens. */
type ModelPrices = ReadonlyMap<string, { readonly input: number; readonly output: number }>;

/** What was read. */
interface ReadExamples {
  readonly examples: Examples;
  readonly outcomes: Outcomes;
  readonly hasCosts: boolean;
  /** What is wrong with lines that were left out, and what was not used of the others. */
  readonly faults: readonly string[];
  readonly notes: readonly string[];
}

/** Nothing can be learnt from this file. */
export class UnusableData extends Error {
  override readonly name = 'UnusableData';
}

interface Answer {
  readonly score: number;
  readonly outputTokens: number | undefined;
  readonly answer: string | undefined;
}

interface Row {
  readonly line: number;
  readonly prompt: string;
  readonly family: string | undefined;
  readonly inputTokens: number | undefined;
  readonly answers: ReadonlyMap<string, Answer>;
}

const LEAST_ROWS = 20;
const PAIR = ['strong', 'weak'];
const PER_MILLION = 1e6;

/** Reads all lines. Lines that are wrong are left out and named; throws `UnusableData` if too few are right. */
export function readExamples(text: string, prices: ModelPrices | undefined): ReadExamples {
  const rows: Row[] = [];
  const faults: string[] = [];
  text.split('\n').forEach((line, index) => {
    if (line.trim() === '') return;
    try {
      rows.push(rowOf(index === 0 ? line.replace(/^\uFEFF/, '') : line, index + 1));
    } catch (error) {
      faults.push(`line ${index + 1}: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  const models = modelsOf(rows);
  const notes = unused(rows, models);
  const usable = rows.filter((row) => {
    const missing = models.find((name) => !row.answers.has(name));
    const fault = missing === undefined ? costFault(row, models, prices) : `says nothing of ${missing}`;
    if (fault !== undefined) faults.push(`line ${row.line}: ${fault}`);
    return fault === undefined;
  });
  if (usable.length < LEAST_ROWS)
    throw new UnusableData(
      [`${usable.length} rows can be learnt from, and it takes ${LEAST_ROWS} at least.`, ...faults.slice(0, 10)].join(
        '\n',
      ),
    );
  const unpriced = prices === undefined ? [] : models.filter((name) => !prices.has(name));
  if (unpriced.length > 0) throw new UnusableData(`There is no price for ${unpriced.join(', ')}.`);
  return { ...tabled(usable, models, prices), faults, notes };
}

function tabled(rows: readonly Row[], models: readonly string[], prices: ModelPrices | undefined) {
  const count = models.length;
  const scores = new Float64Array(rows.length * count);
  const costs = new Float64Array(rows.length * count);
  const written = new Float64Array(rows.length * count);
  const sameAs = new Int32Array(rows.length * count);
  rows.forEach(({ answers, inputTokens = 0 }, row) => {
    const normal = models.map((name, model) => {
      const { score = 0, outputTokens = 0, answer } = answers.get(name) ?? {};
      const price = prices?.get(name);
      scores[row * count + model] = score;
      written[row * count + model] = outputTokens;
      if (price !== undefined)
        costs[row * count + model] = (inputTokens * price.input + outputTokens * price.output) / PER_MILLION;
      return answer === undefined ? undefined : normalAnswer(answer);
    });
    normal.forEach((answer, model) => {
      let same = 0;
      normal.forEach((other, at) => {
        if (at !== model && answer !== undefined && answer === other) same |= 1 << at;
      });
      sameAs[row * count + model] = same;
    });
  });
  if (prices === undefined) costWithoutPrices(scores, costs, count);
  const texts = rows.map(({ prompt }) => prompt);
  const families = rows.map(({ family }) => family);
  return {
    examples: { models, texts, families, scores },
    outcomes: { rows: rows.length, models: count, scores, costs, outputTokens: written, sameAs },
    hasCosts: prices !== undefined,
  };
}

/** Of two models the better one is the dear one; of more, each call costs the same. */
function costWithoutPrices(scores: Float64Array, costs: Float64Array, count: number): void {
  if (count !== 2) {
    costs.fill(1);
    return;
  }
  let lead = 0;
  for (let row = 0; row < scores.length; row += 2) lead += (scores[row] as number) - (scores[row + 1] as number);
  for (let at = lead >= 0 ? 0 : 1; at < costs.length; at += 2) costs[at] = 1;
}

function rowOf(line: string, number: number): Row {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new TypeError(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isJsonObject(value)) throw new TypeError('not a JSON object');
  const { prompt, models, inputTokens, task, subject } = value;
  if (typeof prompt !== 'string' || prompt.trim() === '') throw new TypeError('`prompt` must be a text');
  const family = [task, subject].find((each) => typeof each === 'string') as string | undefined;
  const row = { line: number, prompt, family, inputTokens: tokensOf(inputTokens, 'inputTokens') };
  if (models === undefined) return { ...row, answers: pairOf(value) };
  if (!isJsonObject(models))
    throw new TypeError('`models` must be an object: for each model what it made of the prompt');
  const answers = new Map<string, Answer>();
  for (const [name, told] of Object.entries(models)) answers.set(name, answerOf(told, name));
  return { ...row, answers };
}

function pairOf(value: JsonObject): Map<string, Answer> {
  const answers = new Map<string, Answer>();
  for (const [name, told] of Object.entries(value)) {
    if (PAIR.includes(name))
      answers.set(name, { score: scoreOf(told, name), outputTokens: undefined, answer: undefined });
  }
  if (answers.size !== PAIR.length) throw new TypeError('a row needs `models`, or `strong` and `weak`');
  return answers;
}

function answerOf(told: JsonValue | undefined, name: string): Answer {
  if (told === undefined || !isJsonObject(told)) throw new TypeError(`\`models\`.\`${name}\` must be an object`);
  const { ok, outputTokens, answer } = told;
  if (answer !== undefined && answer !== null && typeof answer === 'object')
    throw new TypeError(`\`models\`.\`${name}\`.\`answer\` must be a text`);
  return {
    score: scoreOf(ok, `models.${name}.ok`),
    outputTokens: tokensOf(outputTokens, `models.${name}.outputTokens`),
    answer: answer === undefined || answer === null ? undefined : String(answer),
  };
}

function scoreOf(value: JsonValue | undefined, name: string): number {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw new TypeError(`\`${name}\` must be true or false, or a score from 0 to 1`);
}

function tokensOf(value: JsonValue | undefined, name: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return value;
  throw new TypeError(`\`${name}\` must be a number of tokens`);
}

/** The models that most rows know. */
function modelsOf(rows: readonly Row[]): string[] {
  const seen = new Map<string, number>();
  for (const { answers } of rows) for (const name of answers.keys()) seen.set(name, (seen.get(name) ?? 0) + 1);
  const models = [...seen].filter(([, count]) => count * 2 > rows.length).map(([name]) => name);
  if (models.length < 2 || models.length > MOST_MODELS)
    throw new UnusableData(
      models.length < 2
        ? 'It takes two models that most rows say something of.'
        : `There are ${models.length} models; ${MOST_MODELS} can be chosen from.`,
    );
  return models;
}

function unused(rows: readonly Row[], models: readonly string[]): string[] {
  const others = new Set(rows.flatMap(({ answers }) => [...answers.keys()].filter((name) => !models.includes(name))));
  return others.size === 0 ? [] : [`Left out, because most rows say nothing of them: ${[...others].join(', ')}.`];
}

function costFault(row: Row, models: readonly string[], prices: ModelPrices | undefined): string | undefined {
  if (prices === undefined) return undefined;
  if (row.inputTokens === undefined) return 'with prices a row needs `inputTokens`';
  const unknown = models.find((name) => row.answers.get(name)?.outputTokens === undefined);
  return unknown === undefined ? undefined : `with prices \`models.${unknown}\` needs \`outputTokens\``;
}

/** Reads a file of prices: for each model `inputPerMillion` and `outputPerMillion`, in USD. Throws `UnusableData`. */
export function readPrices(text: string): ModelPrices {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UnusableData(`It is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  if (!isJsonObject(value)) throw new UnusableData('It must be an object: for each model its prices.');
  return new Map(
    Object.entries(value).map(([name, told]) => {
      const { inputPerMillion: input, outputPerMillion: output } = isJsonObject(told) ? told : {};
      if (typeof input === 'number' && typeof output === 'number' && input >= 0 && output >= 0)
        return [name, { input, output }] as const;
      throw new UnusableData(`${name} needs \`inputPerMillion\` and \`outputPerMillion\`, in USD.`);
    }),
  );
}
