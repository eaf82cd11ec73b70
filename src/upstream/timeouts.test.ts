import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TimeoutKind, TimeoutWatch, type Watched } from './timeouts.ts';

function setUp() {
  let now = 0;
  const watch = new TimeoutWatch({ nowMs: () => now, monotonicMs: () => now });
  const heard: TimeoutKind[] = [];
  const call: Watched = {
    slot: -1,
    timeouts: { firstByteMs: 1_000, headersMs: 1_000, idleMs: 500, totalMs: 5_000, slowClientMs: 2_000 },
    hasFirstByte: false,
    hasHead: false,
    sawActivity: false,
    isPaused: false,
    watchStartedMs: 0,
    watchLastActivityMs: 0,
    onTimeout: (kind) => {
      heard.push(kind);
      watch.remove(call);
    },
  };
  watch.add(call);
  const passMs = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += 50) {
      now += 50;
      watch.tick();
    }
  };
  /** The event loop does nothing for so long, and the timer's tick comes before anything is read. */
  const standStill = (ms: number): void => {
    now += ms;
    watch.tick();
  };
  return { call, heard, passMs, standStill };
}

test('a call that never answers ends at the first-byte limit, even if part of its head came', () => {
  const { call, heard, passMs } = setUp();
  passMs(900);
  call.sawActivity = true;
  assert.deepEqual(heard, []);
  passMs(200);
  assert.deepEqual(heard, ['first-byte']);
});

test('a stream that stalls ends at the idle limit, one that drips at the total limit', () => {
  const stalled = setUp();
  stalled.call.hasFirstByte = true;
  stalled.passMs(600);
  assert.deepEqual(stalled.heard, ['idle']);
  const dripping = setUp();
  dripping.call.hasFirstByte = true;
  for (let step = 0; step < 30; step += 1) {
    dripping.call.sawActivity = true;
    dripping.passMs(200);
  }
  assert.deepEqual(dripping.heard, ['total']);
});

test('while the client does not read, its own limit holds and not the idle one', () => {
  const { call, heard, passMs } = setUp();
  call.hasFirstByte = true;
  call.isPaused = true;
  passMs(1_900);
  assert.deepEqual(heard, []);
  passMs(200);
  assert.deepEqual(heard, ['slow-client']);
});

test('no limit counts while the event loop stood still: what arrived meanwhile is read first', () => {
  for (const hasFirstByte of [false, true]) {
    const { call, heard, passMs, standStill } = setUp();
    call.hasFirstByte = hasFirstByte;
    passMs(300);
    standStill(20_000);
    assert.deepEqual(heard, []);
    passMs(100);
    assert.deepEqual(heard, []);
    passMs(800);
    assert.deepEqual(heard, [hasFirstByte ? 'idle' : 'first-byte']);
  }
});
