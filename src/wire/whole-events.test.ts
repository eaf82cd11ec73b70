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
