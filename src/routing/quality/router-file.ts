/** A router as a file: JSON, its tables in base64. What is read is checked, because a table of the wrong size would predict nonsense. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';
import type { Measured } from './cascade-search.ts';
import type { Weights } from './learner.ts';
import { MOST_MODELS } from './outcomes.ts';
import type { CurvePoint, Evidence, Plans, RouterState } from './router.ts';
import { SHAPES } from './text-features.ts';

const VERSION = 1;
const MOST_BITS = 20;
const MOST_LEVELS = 100;
const MOST_POOL = 10_000;
const LONGEST_CASCADE = 10;
const DIGITS = 6;

/** What is wrong with a router's file, in words for who gave it. */
export class RouterFileError extends Error {
  override readonly name = 'RouterFileError';
}

/** The text of the file. */
export function writeRouter(state: RouterState): string {
  const { models, best, hasCosts, unit, weights, axis, centres, single, cascade, evidence } = state;
  const file = {
    sluice_router: VERSION,
    ...{ models, best: models[best], has_costs: hasCosts, unit, evidence },
    ...{ axis: short(axis), centres: short(centres) },
    single: plansTold(single, models),
    ...(cascade !== undefined && { cascade: plansTold(cascade, models) }),
    weights: {
      ...{ bits: weights.bits, runs: weights.runs },
      ...{ means: short(weights.means), steps: short(weights.steps) },
      ...{ shape_means: short(weights.shapeMeans), shape_spreads: short(weights.shapeSpreads) },
      shape_weights: short(weights.shapeWeights),
      rarities: base64(weights.rarities),
      table: base64(weights.table),
    },
  };
  return `${JSON.stringify(file, null, 1)}\n`;
}

/** The router of a file's text. Throws a `RouterFileError`. */
export function readRouter(text: string): RouterState {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (error) {
    throw new RouterFileError(`it is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isJsonObject(file) || file.sluice_router === undefined)
    throw new RouterFileError('it is not a router: make one with sluice calibrate');
  if (file.sluice_router !== VERSION)
    throw new RouterFileError(`its version is ${JSON.stringify(file.sluice_router)}, and this Sluice reads ${VERSION}`);
  const models = textsAt(file, 'models');
  if (models.length < 1 || models.length > MOST_MODELS) throw new RouterFileError('`models` must name 1 to 30');
  const best = models.indexOf(String(file.best));
  if (best === -1) throw new RouterFileError('`best` must be one of `models`');
  const centres = numbersAt(file, 'centres');
  if (centres.length < 1 || centres.length > MOST_LEVELS) throw new RouterFileError('`centres` must have 1 to 100');
  const levels = centres.length;
  return {
    ...{ models, best, centres, hasCosts: file.has_costs === true },
    unit: numberAt(file, 'unit'),
    axis: numbersAt(file, 'axis', models.length),
    weights: weightsOf(objectAt(file, 'weights'), models.length),
    single: plansOf(objectAt(file, 'single'), models, levels),
    cascade: file.cascade === undefined ? undefined : plansOf(objectAt(file, 'cascade'), models, levels),
    // It is shown, and says how long answers are; it decides nothing.
    evidence: objectAt(file, 'evidence') as unknown as Evidence,
  };
}

function plansTold({ pool, curve }: Plans, models: readonly string[]) {
  return {
    curve: curve.map((point) =>
      Object.fromEntries(Object.entries(point).map(([name, value]) => [name, rounded(value)])),
    ),
    pool: pool.map(({ sequence, otherwise, quality, cost, calls }) => ({
      ...(sequence.length > 0 && { ask: sequence.map((which) => models[which]) }),
      otherwise: models[otherwise],
      ...{ quality: short(quality), cost: short(cost), calls: short(calls) },
    })),
  };
}

function plansOf(told: JsonObject, models: readonly string[], levels: number): Plans {
  const { pool, curve } = told;
  if (!Array.isArray(pool) || pool.length === 0 || pool.length > MOST_POOL)
    throw new RouterFileError('`pool` must be a list');
  if (!Array.isArray(curve) || curve.length === 0 || curve.length > MOST_POOL)
    throw new RouterFileError('`curve` must be a list');
  return {
    pool: pool.map((each) => measuredOf(each, models, levels)),
    curve: curve.map((each): CurvePoint => {
      if (!isJsonObject(each)) throw new RouterFileError('`curve` must hold points');
      const number = (name: keyof CurvePoint): number => numberAt(each, name);
      return {
        ...{ worth: number('worth'), quality: number('quality'), error: number('error') },
        ...{ saving: number('saving'), calls: number('calls') },
      };
    }),
  };
}

function measuredOf(told: JsonValue, models: readonly string[], levels: number): Measured {
  if (!isJsonObject(told)) throw new RouterFileError('`pool` must hold plans');
  const names = told.ask === undefined ? [] : textsAt(told, 'ask');
  const sequence = names.map((name) => models.indexOf(name));
  const otherwise = models.indexOf(String(told.otherwise));
  if (otherwise === -1 || sequence.includes(-1))
    throw new RouterFileError('a plan names a model that `models` does not have');
  if (sequence.length > LONGEST_CASCADE || new Set(sequence).size !== sequence.length)
    throw new RouterFileError('a plan asks a model twice, or too many');
  return {
    ...{ sequence, otherwise, quality: numbersAt(told, 'quality', levels) },
    ...{ cost: numbersAt(told, 'cost', levels), calls: numbersAt(told, 'calls', levels) },
  };
}

function weightsOf(told: JsonObject, models: number): Weights {
  const bits = numberAt(told, 'bits');
  if (!Number.isInteger(bits) || bits < 2 || bits > MOST_BITS)
    throw new RouterFileError(`\`bits\` must be 2 to ${MOST_BITS}`);
  const size = 1 << bits;
  const table = bytesAt(told, 'table', size * models);
  return {
    ...{ models, bits, runs: numberAt(told, 'runs'), rarities: bytesAt(told, 'rarities', size) },
    table: new Int8Array(table.buffer, table.byteOffset, table.length),
    ...{ steps: numbersAt(told, 'steps', models), means: numbersAt(told, 'means', models) },
    ...{ shapeMeans: numbersAt(told, 'shape_means', SHAPES), shapeSpreads: numbersAt(told, 'shape_spreads', SHAPES) },
    shapeWeights: numbersAt(told, 'shape_weights', SHAPES * models),
  };
}

const rounded = (value: number): number => Number(value.toPrecision(DIGITS));
const short = (values: Float64Array): number[] => Array.from(values, rounded);
const base64 = (bytes: Uint8Array | Int8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

function objectAt(of: JsonObject, name: string): JsonObject {
  const value = ownValue(of, name);
  if (value === undefined || !isJsonObject(value)) throw new RouterFileError(`\`${name}\` must be an object`);
  return value;
}

function numberAt(of: JsonObject, name: string): number {
  const value = ownValue(of, name);
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new RouterFileError(`\`${name}\` must be a number`);
  return value;
}

function textsAt(of: JsonObject, name: string): string[] {
  const value = ownValue(of, name);
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value as string[];
  throw new RouterFileError(`\`${name}\` must be a list of names`);
}

function numbersAt(of: JsonObject, name: string, length?: number): Float64Array {
  const value = ownValue(of, name);
  const isGood = Array.isArray(value) && value.every((each) => typeof each === 'number' && Number.isFinite(each));
  if (!isGood || (length !== undefined && value.length !== length))
    throw new RouterFileError(`\`${name}\` must be a list of ${length === undefined ? '' : `${length} `}numbers`);
  return Float64Array.from(value as number[]);
}

function bytesAt(of: JsonObject, name: string, length: number): Uint8Array {
  const value = ownValue(of, name);
  const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : undefined;
  if (bytes?.length !== length) throw new RouterFileError(`\`${name}\` must be ${length} bytes in base64`);
  return bytes;
}
