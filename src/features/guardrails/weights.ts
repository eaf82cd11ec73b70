/** What was trained, as `npm run train` writes it: a line of JSON, then the bytes of each model after the other. */
import { readFileSync } from 'node:fs';
import type { HashedModel } from './hashed-model.ts';

/** The models of a file, by their names, and what else the training says. */
export interface Weights<Extra> {
  readonly models: ReadonlyMap<string, HashedModel>;
  readonly extra: Extra;
}

interface Header<Extra> {
  readonly models: readonly {
    readonly name: string;
    readonly bits: number;
    readonly scale: number;
    readonly bias: number;
  }[];
  readonly extra: Extra;
}

const LINE_END = 0x0a;

/** Reads the weights of a guardrail from beside this file. */
export function loadWeights<Extra>(name: string): Weights<Extra> {
  return parseWeights(readFileSync(new URL(`weights/${name}.weights`, import.meta.url)));
}

/** The weights that bytes hold. */
function parseWeights<Extra>(bytes: Buffer): Weights<Extra> {
  const end = bytes.indexOf(LINE_END);
  const { models, extra } = JSON.parse(bytes.toString('utf8', 0, end)) as Header<Extra>;
  const read = new Map<string, HashedModel>();
  let at = end + 1;
  for (const { name, bits, scale, bias } of models) {
    const size = 1 << bits;
    read.set(name, { bits, scale, bias, weights: new Int8Array(bytes.buffer, bytes.byteOffset + at, size) });
    at += size;
  }
  if (at !== bytes.length) throw new Error('the weights are cut off or too long: make them again with npm run train');
  return { models: read, extra };
}

/** Models as the bytes of a file. */
export function writeWeights<Extra>({ models, extra }: Weights<Extra>): Buffer {
  const rows = [...models].map(([name, { bits, scale, bias }]) => ({ name, bits, scale, bias }));
  const header = Buffer.from(`${JSON.stringify({ models: rows, extra })}\n`);
  return Buffer.concat([
    header,
    ...[...models.values()].map(({ weights }) => Buffer.from(weights.buffer, weights.byteOffset, weights.byteLength)),
  ]);
}
