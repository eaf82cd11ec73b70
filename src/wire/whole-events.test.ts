import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { endOfEvent } from './event-boundary.ts';
import { WholeEvents } from './whole-events.ts';

const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
const event = fc
  .tuple(fc.array(fc.stringMatching(/^[a-zé:{}" ]{1,12}$/), { minLength: 1, maxLength: 3 }), lineEnd)
  .map(([lines, end]) => `${lines.join(end)}${end}${end}`);

/** Cuts bytes into chunks of the given sizes. */
function chunksOf(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let from = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(from, from + size));
    from += size;
  }
  chunks.push(bytes.subarray(from));
  return chunks;
}

test('no byte is lost, and after every chunk what has left ends with a whole event', () => {
  fc.assert(
    fc.property(fc.array(event), fc.array(fc.integer({ min: 1, max: 30 })), (events, sizes) => {
      const bytes = Buffer.from(events.join(''));
      const filter = new WholeEvents();
      let sent = Buffer.alloc(0);
      for (const chunk of chunksOf(bytes, sizes)) {
        sent = Buffer.concat([sent, filter.push(chunk)]);
        assert.equal(wholeLength(sent), sent.length);
      }
      assert.deepEqual(Buffer.concat([sent, filter.end()]), bytes);
    }),
  );
});

function wholeLength(bytes: Buffer): number {
  // A line feed behind the bytes decides what a carriage return at their very end means.
  const decided = Buffer.concat([bytes, Buffer.from('x')]);
  let position = 0;
  for (let end = endOfEvent(decided, 0); end !== -1; end = endOfEvent(decided, position)) position = end;
  return position;
}

test('a chunk that ends with an event passes untouched', () => {
  const filter = new WholeEvents();
  const chunk = Buffer.from('data: 1\n\ndata: 2\n\n');
  assert.equal(filter.push(chunk), chunk);
});

test('half an event is held back and lost with its stream', () => {
  const filter = new WholeEvents();
  assert.equal(filter.push(Buffer.from('data: 1\n\ndata: {"a')).toString(), 'data: 1\n\n');
  filter.drop();
  assert.equal(filter.end().length, 0);
});

test('an event beyond measure passes as it comes, and the events after it are whole again', () => {
  const filter = new WholeEvents();
  const big = Buffer.from(`data: ${'x'.repeat(300_000)}`);
  assert.equal(filter.push(big).length, big.length);
  assert.equal(filter.push(Buffer.from('yy\n')).toString(), 'yy\n');
  assert.equal(filter.push(Buffer.from('\ndata: 1\n\nda')).toString(), '\ndata: 1\n\n');
  assert.equal(filter.end().toString(), 'da');
});

test('an event of many lines in many chunks takes time in proportion to its length', () => {
  const cpuMs = (bytes: number): number => {
    const filter = new WholeEvents();
    const began = process.threadCpuUsage();
    for (let sent = 0; sent < bytes; sent += 16) filter.push(Buffer.from('data: 123456789\n'));
    const { user, system } = process.threadCpuUsage(began);
    assert.equal(filter.push(Buffer.from('\n')).length, bytes + 1);
    return (user + system) / 1_000;
  };
  cpuMs(16_384);
  // Joined again for each chunk, this was seconds.
  const least = Math.min(...Array.from({ length: 3 }, () => cpuMs(245_760)));
  assert.ok(least < 200, `${least} ms for 240 KiB`);
});

test('a long event ends wherever its chunks are cut, with each kind of line end', () => {
  for (const end of ['\n\n', '\r\n\r\n', '\r\r', '\n\r\n', '\r\n\n', '\n\r']) {
    const event = Buffer.from(`${'data: 1\n'.repeat(1_000)}data: 2${end}`);
    for (const size of [1, 2, 3, 5, 7]) {
      const filter = new WholeEvents();
      let sent = 0;
      for (let at = 0; at < event.length; at += size) sent += filter.push(event.subarray(at, at + size)).length;
      // A carriage return at the very end does not decide before the next byte.
      sent += filter.push(Buffer.from('d')).length;
      assert.equal(sent, event.length, JSON.stringify({ end, size }));
    }
  }
});
