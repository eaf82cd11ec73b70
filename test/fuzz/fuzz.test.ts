import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { corpusOf, errorOf, fuzz } from './fuzz.ts';
import type { FuzzTarget } from './target.ts';
import { TARGETS } from './targets/index.ts';

/** CPU of all targets together. */
const ALL_MS = 25_000;
/** The same inputs in every run: a test that fails must fail again. `npm run fuzz` takes others. */
const SEED = 20_261_128;

const textOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

describe('readers of bytes on mutated inputs', () => {
  for (const target of TARGETS) {
    test(target.name, async () => {
      for (const input of corpusOf(target)) {
        const error = await errorOf(target, input);
        assert.equal(error, undefined, `${JSON.stringify(input.toString('latin1'))}: ${textOf(error)}`);
      }
      const { inputs, failure } = await fuzz(target, SEED, ALL_MS / TARGETS.length);
      const found = failure && `${JSON.stringify(failure.input.toString('latin1'))}: ${textOf(failure.error)}`;
      assert.equal(found, undefined);
      assert.ok(inputs > target.seeds.length, `only ${inputs} inputs were tried`);
    });
  }
});

describe('the fuzzer itself', () => {
  const broken = (name: string, run: FuzzTarget['run']): FuzzTarget => ({
    name,
    seeds: ['{"a":[1,2,3]}'],
    words: [],
    run,
  });

  test('finds a crash, and cuts its input down to what causes it', async () => {
    const target = broken('crashes', (input) => {
      if (input.includes('}')) return;
      throw new TypeError('no brace');
    });
    const { failure } = await fuzz(target, 1, 5_000);
    assert.match(textOf(failure?.error), /no brace/);
    assert.equal(failure?.input.length, 0);
  });

  test('finds a prototype that an input changed', async () => {
    const prototype = Object.prototype as { polluted?: true };
    const target = broken('pollutes', () => {
      prototype.polluted = true;
    });
    const error = await errorOf(target, Buffer.from('x'));
    delete prototype.polluted;
    assert.match(textOf(error), /prototype/);
  });

  test('finds time that grows faster than the input', async () => {
    let sum = 0;
    const target = broken('squares', (input) => {
      for (let at = 0; at < input.length; at += 8) for (const other of input) sum += other ^ at;
    });
    // Far more than it takes: a busy machine makes single measurements useless, and the search goes on.
    const { failure } = await fuzz(target, 1, 120_000);
    assert.match(textOf(failure?.error), /ms of CPU/, String(sum));
  });

  test('ends a reader that never returns', async () => {
    const target = broken('hangs', (input) => {
      while (input.length > 0) input[0] = 1;
    });
    assert.match(textOf(await errorOf(target, Buffer.from('x'))), /timed out/);
  });
});
