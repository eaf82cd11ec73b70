import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Delivery, type Letter, type PostOutcome } from './delivery.ts';

const WITHIN = { timeout: 20_000 };

const letter = (address: string, body = '{}'): Letter => ({ address, body, headers: () => ({}) });

/** A delivery whose posts end as a test says, with what became of them. */
function world(post: (address: string, body: string) => Promise<PostOutcome>, capacity = 10) {
  const dropped: string[] = [];
  let sent = 0;
  const delivery = new Delivery({
    post,
    capacity,
    backOffMs: [5, 10],
    onSent: () => {
      sent += 1;
    },
    onDropped: ({ body }, reason) => dropped.push(`${body}: ${reason}`),
  });
  return { delivery, dropped, sent: () => sent };
}

test('a receiver that hangs holds up no other, and no more wait for it than may', WITHIN, async () => {
  const hanging = Promise.withResolvers<PostOutcome>();
  const { delivery, dropped, sent } = world(
    async (address) => (address === 'slow' ? hanging.promise : { status: 204 }),
    3,
  );
  for (let count = 0; count < 6; count++) delivery.send(letter('slow', `s${count}`));
  for (let count = 0; count < 3; count++) delivery.send(letter('quick'));
  await wait(20);
  assert.equal(sent(), 3);
  assert.deepEqual(dropped, ['s4: too many wait', 's5: too many wait']);
  hanging.resolve({ status: 200 });
  await delivery.close(1_000);
  assert.equal(sent(), 7);
});

test(
  'a letter is tried again after a longer wait each time, with headers of its own, and then given up',
  WITHIN,
  async () => {
    const times: number[] = [];
    let made = 0;
    const { delivery, dropped } = world(async () => {
      times.push(performance.now());
      return { fault: 'no connection' };
    });
    delivery.send({ address: 'a', body: 'x', headers: () => ({ time: String(++made) }) });
    await wait(80);
    assert.deepEqual(dropped, ['x: no connection']);
    assert.deepEqual([times.length, made], [3, 3]);
  },
);

test('the end waits a moment for what is under way and drops the rest with the reason', WITHIN, async () => {
  const never = new Promise<PostOutcome>(() => undefined);
  const { delivery, dropped } = world(async () => never);
  for (const body of ['one', 'two', 'three']) delivery.send(letter('a', body));
  const began = performance.now();
  await delivery.close(50);
  assert.ok(performance.now() - began < 1_000);
  assert.deepEqual(dropped, ['two: the gateway ends', 'three: the gateway ends']);
  delivery.send(letter('b', 'late'));
  assert.equal(dropped.at(-1), 'late: the gateway ends');
});
