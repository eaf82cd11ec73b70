/** No reader takes time that grows faster than what it reads, whatever text a client or a provider makes. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { BODY_READERS } from './hostile/body-readers.ts';
import { CONFIG_READERS } from './hostile/config-readers.ts';
import { CROWDS } from './hostile/crowds.ts';
import { growthFault } from './hostile/growth.ts';
import { HOSTILE_TEXTS, nearMiss } from './hostile/hostile-text.ts';
import type { TextReader } from './hostile/text-reader.ts';
import { closeReaders, TEXT_READERS } from './hostile/text-readers.ts';

const MEGABYTE = 1_048_576;
const plain = (text: string): Buffer => Buffer.from(text);

async function faultsOf({
  marks,
  kinds,
  mostBytes = 4 * MEGABYTE,
  mostMs,
  copies = 1,
  frame = plain,
  read,
}: TextReader): Promise<readonly string[]> {
  const faults: string[] = [];
  const general = HOSTILE_TEXTS.filter(({ kind }) => kinds?.includes(kind) !== false);
  const [first, ...others] = marks.map(nearMiss);
  const given = [...general, ...(first === undefined ? [] : [first])].map((hostile) => ({ hostile, most: mostBytes }));
  // What a reader looks for besides is given to it at a quarter of the length, or this would take minutes.
  for (const hostile of others) given.push({ hostile, most: Math.min(mostBytes, MEGABYTE) });
  for (const { hostile, most } of given) {
    const make = (bytes: number): Buffer => frame(hostile.text(bytes / copies), hostile.json(bytes / copies));
    const fault = await growthFault({ make, read }, most, mostMs);
    if (fault !== undefined) faults.push(`${hostile.kind}: ${fault}`);
  }
  return faults;
}

describe('readers on hostile text of 1 and 4 MB', { timeout: 600_000 }, () => {
  after(closeReaders);
  for (const reader of [...BODY_READERS, ...TEXT_READERS, ...CONFIG_READERS]) {
    test(reader.name, async () => {
      assert.deepEqual(await faultsOf(reader), []);
    });
  }

  for (const crowd of CROWDS) {
    test(crowd.name, async () => {
      assert.equal(await growthFault(crowd, MEGABYTE * 2), undefined);
    });
  }

  test('what is quadratic is found', async () => {
    let steps = 0;
    const read = (input: Buffer): void => {
      for (let at = 0; at < input.length; at += 128) for (const byte of input) steps += byte ^ at;
    };
    assert.match(
      String(await growthFault({ make: (bytes) => Buffer.alloc(bytes), read }, 4 * MEGABYTE, 100)),
      /ms of CPU/,
      `${steps}`,
    );
  });
});
