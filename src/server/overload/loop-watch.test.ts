import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { GatewayError } from '../../core/errors.ts';
import { LoopWatch } from './loop-watch.ts';
import { OverloadManager } from './overload-manager.ts';

function setUp(context: TestContext) {
  let nowMs = 0;
  const watch = new LoopWatch({ nowMs: () => nowMs, monotonicMs: () => nowMs });
  context.after(() => watch.stop());
  const turns = (count: number, turnMs: number): void => {
    for (let turn = 0; turn < count; turn += 1) {
      nowMs += turnMs;
      watch.tick();
    }
  };
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return { watch, turns, pass };
}

test('a pause is made up for, before and after the timer noticed it, and is forgotten in time', (context) => {
  const { watch, turns, pass } = setUp(context);
  turns(20, 100);
  assert.equal(watch.pausedMs(1_000), 0);
  pass(5_100);
  assert.equal(watch.pausedMs(1_000), 5_000);
  turns(1, 0);
  assert.equal(watch.pausedMs(1_000), 5_000);
  turns(70, 100);
  assert.equal(watch.pausedMs(1_000), 0);
});

test('lateness stands only if all ticks of seconds were late: a stop or a short burst of work does not show', (context) => {
  const { watch, turns } = setUp(context);
  turns(30, 100);
  turns(1, 60_000);
  assert.equal(watch.standingLagMs, 0);
  turns(30, 100);
  turns(3, 1_600);
  assert.equal(watch.standingLagMs, 0);
  turns(20, 1_600);
  assert.equal(watch.standingLagMs, 1_500);
  turns(1, 100);
  assert.equal(watch.standingLagMs, 0);
});

test('while the loop is behind, keys with their part of the work are refused, and one without any is served', () => {
  const loop = { standingLagMs: 0 };
  const settings = {
    maxRequestBytes: 1_000,
    maxShareOfOneKey: 0.5,
    maxCompressionRatio: 100,
    maxEventLoopLagMs: 1_000,
  };
  const manager = new OverloadManager(loop, settings);
  const load = () => ({ heldBytes: 0, answerBytes: 0, share: undefined });
  const [first, second] = [load(), load()];
  manager.begin(first, 'busy');
  manager.begin(second, 'busy');
  loop.standingLagMs = 1_001;
  const isRefused = (error: unknown): boolean => error instanceof GatewayError && error.code === 'overloaded';
  assert.throws(() => manager.begin(load(), 'busy'), isRefused);
  const other = load();
  manager.begin(other, 'quiet');
  assert.equal(manager.refusals.eventLoop, 1);
  loop.standingLagMs = 0;
  manager.begin(load(), 'busy');
  for (const done of [first, second, other]) manager.release(done);
  assert.equal(manager.bytes, 32_768);
});
