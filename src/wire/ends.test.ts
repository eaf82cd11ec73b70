import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type SseEvent, StreamEnds } from './ends.ts';
import { SseSplitter } from './sse.ts';

const DONE = [{ data: '[DONE]' }];

function watch(chunks: readonly (string | Uint8Array)[], headLimit?: number, tailLimit?: number): StreamEnds {
  const ends = new StreamEnds(headLimit, tailLimit);
  for (const chunk of chunks) ends.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  return ends;
}

function allEvents(bytes: Uint8Array): SseEvent[] {
  const events: SseEvent[] = [];
  const splitter = new SseSplitter((data, eventName) => events.push({ data, eventName }));
  splitter.push(bytes);
  splitter.end();
  return events;
}

describe('the ends of a relayed stream', () => {
  it('hands over the first events forwards and the last ones backwards', () => {
    const ends = watch(['event: a\ndata: 1\n\nda', 'ta: 2\n\n', 'data: 3\n\ndata: [DONE]\n\n']);
    assert.deepEqual(
      [...ends.firstEvents()].map((event) => event.data),
      ['1', '2', '3', '[DONE]'],
    );
    assert.deepEqual(
      [...ends.lastEvents()],
      [
        { data: '[DONE]', eventName: undefined },
        { data: '3', eventName: undefined },
        { data: '2', eventName: undefined },
        { data: '1', eventName: 'a' },
      ],
    );
    assert.equal(ends.totalBytes, 'event: a\ndata: 1\n\ndata: 2\n\ndata: 3\n\ndata: [DONE]\n\n'.length);
  });

  it('never shows half an event where the tail has lost its beginning', () => {
    const ends = watch(['data: {"usage":{"old":1}}\n\n', 'data: 22222222\n\n', 'data: 33333333\n\n'], 8, 24);
    assert.deepEqual(
      [...ends.lastEvents()].map((event) => event.data),
      ['33333333'],
    );
    assert.deepEqual([...ends.firstEvents()], []);
  });

  it('knows the end mark by an exact event, not by words in an answer', () => {
    assert.equal(watch(['data: 1\n\ndata: [DONE]\n\n']).endedWith(DONE), true);
    assert.equal(watch(['data: 1\n\ndata: [DONE]']).endedWith(DONE), true);
    assert.equal(watch(['data: 1\r\n\r\ndata: [DONE] \r\n\r\n: bye\r\n\r\n']).endedWith(DONE), true);
    assert.equal(watch(['data: {"text":"data: [DONE]"}\n\n']).endedWith(DONE), false);
    assert.equal(watch(['event: message_stop\ndata: {}\n\n']).endedWith([{ eventName: 'message_stop' }]), true);
    assert.equal(watch(['data: 1\n\n']).endedWith(DONE), false);
    assert.equal(watch([]).endedWith(DONE), false);
  });

  it('keeps no more than its limits, for many small chunks and for one large', () => {
    const ends = new StreamEnds(100, 1000);
    for (let index = 0; index < 5000; index += 1) ends.push(Buffer.from(`data: ${index}\n\n`));
    const last = [...ends.lastEvents()];
    assert.equal(last[0]?.data, '4999');
    assert.ok(last.length > 60 && last.length < 130);
    const large = watch([Buffer.from(`data: ${'x'.repeat(5000)}\n\ndata: end\n\n`)], 100, 1000);
    assert.deepEqual(
      [...large.lastEvents()].map((event) => event.data),
      ['end'],
    );
  });
});

describe('laws of the ends', () => {
  const piece = fc.constantFrom('data: a', 'data: b', 'event: e', ': c', '\n', '\r', '\r\n', '\n\n', '\r\n\r\n', 'é');
  const stream = fc.array(piece, { maxLength: 40 }).map((pieces) => Buffer.from(pieces.join('')));

  it('keeps the last event however large it is, if the format repeats the answer there, and nothing else', () => {
    const small = Buffer.from('data: {"text":"word"}\n\n'.repeat(50));
    const last = Buffer.from(`data: {"all":"${'x'.repeat(9_000)}","usage":7}\n\n`);
    const stream = Buffer.concat([small, last]);
    for (const size of [1, 2, 7, 100, 4_096, 100_000]) {
      const ends = new StreamEnds(64, 256, true);
      for (let start = 0; start < stream.length; start += size) ends.push(stream.subarray(start, start + size));
      const [newest] = ends.lastEvents();
      assert.equal(newest?.data, last.toString().slice(6, -2), `in pieces of ${size}`);
      const bounded = new StreamEnds(64, 256);
      for (let start = 0; start < stream.length; start += size) bounded.push(stream.subarray(start, start + size));
      assert.deepEqual([...bounded.lastEvents()], []);
    }
  });

  it('sees, in a stream shorter than its limits, every event from both ends, however it is cut', () => {
    fc.assert(
      fc.property(stream, fc.integer({ min: 1, max: 9 }), (bytes, size) => {
        const ends = new StreamEnds();
        for (let at = 0; at < bytes.length; at += size) ends.push(bytes.subarray(at, at + size));
        const events = allEvents(bytes);
        assert.deepEqual([...ends.firstEvents()], events);
        assert.deepEqual([...ends.lastEvents()], events.toReversed());
      }),
      { numRuns: 2000 },
    );
  });

  it('shows, of a longer stream, only true events: a prefix and a suffix', () => {
    fc.assert(
      fc.property(stream, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 60 }), (bytes, size, limit) => {
        const ends = new StreamEnds(limit, limit);
        for (let at = 0; at < bytes.length; at += size) ends.push(bytes.subarray(at, at + size));
        const events = allEvents(bytes);
        const first = [...ends.firstEvents()];
        const last = [...ends.lastEvents()].toReversed();
        assert.deepEqual(first, events.slice(0, first.length));
        assert.deepEqual(last, events.slice(events.length - last.length));
      }),
      { numRuns: 2000 },
    );
  });
});
