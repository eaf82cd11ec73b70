import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SettledExchange, SettledSink } from './settled.ts';
import { SettledQueue } from './sinks.ts';

const settled = (callId: string) => ({ callId }) as SettledExchange;
const collector = () => {
  const seen: string[] = [];
  const sink: SettledSink = { take: (one) => void seen.push(one.callId) };
  return { seen, sink };
};
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the queue of settled requests', () => {
  test('hands on every request to every sink, in order, after the present work', async () => {
    const [one, two] = [collector(), collector()];
    const queue = new SettledQueue([one.sink, two.sink]);
    for (const id of ['a', 'b', 'c']) queue.take(settled(id));
    assert.deepEqual(one.seen, []);
    await turn();
    assert.deepEqual(one.seen, ['a', 'b', 'c']);
    assert.deepEqual(two.seen, ['a', 'b', 'c']);
    queue.take(settled('d'));
    await turn();
    assert.equal(one.seen.length, 4);
  });

  test('a sink that throws harms no other, and is reported once', async () => {
    const { seen, sink } = collector();
    const errors: unknown[] = [];
    const broken: SettledSink = {
      take: () => {
        throw new Error('broken');
      },
    };
    const queue = new SettledQueue([broken, sink], { onSinkError: (error) => errors.push(error) });
    queue.take(settled('a'));
    queue.take(settled('b'));
    await turn();
    assert.deepEqual(seen, ['a', 'b']);
    assert.equal(errors.length, 1);
  });

  test('drops the oldest when it is full, and counts them', async () => {
    const { seen, sink } = collector();
    const queue = new SettledQueue([sink], { capacity: 10 });
    for (let index = 0; index < 35; index++) queue.take(settled(String(index)));
    assert.equal(queue.waiting, 10);
    assert.equal(queue.dropped, 25);
    queue.flush();
    assert.deepEqual(
      seen,
      Array.from({ length: 10 }, (_, index) => String(index + 25)),
    );
  });

  test('works through a long queue in pieces, so that other work runs in between', async () => {
    const { seen, sink } = collector();
    const queue = new SettledQueue([sink]);
    for (let index = 0; index < 1000; index++) queue.take(settled(String(index)));
    await turn();
    assert.ok(seen.length > 0 && seen.length < 1000);
    while (queue.waiting > 0) await turn();
    assert.deepEqual(
      seen,
      Array.from({ length: 1000 }, (_, index) => String(index)),
    );
  });

  test('a request taken while others are handed on comes next', async () => {
    const seen: string[] = [];
    const queue = new SettledQueue([
      {
        take: (one) => {
          seen.push(one.callId);
          if (one.callId === 'a') queue.take(settled('b'));
        },
      },
    ]);
    queue.take(settled('a'));
    queue.flush();
    await turn();
    assert.deepEqual(seen, ['a', 'b']);
  });
});
