import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { EventTooLarge, SseSplitter } from './sse.ts';

type Event = [string, string | undefined];

function eventsOf(chunks: readonly Uint8Array[]): Event[] {
  const events: Event[] = [];
  const splitter = new SseSplitter((data, name) => events.push([data, name]));
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return events;
}

/** The specification's algorithm, said in the simplest way: over the whole decoded text. */
function eventsBySpecification(bytes: Buffer): Event[] {
  const events: Event[] = [];
  let data: string[] = [];
  let name = '';
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  for (const line of `${text}\n\n`.split(/\r\n|\r|\n/)) {
    if (line === '') {
      if (data.length > 0) events.push([data.join('\n'), name === '' ? undefined : name]);
      data = [];
      name = '';
      continue;
    }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    if (field === 'event') name = value;
  }
  return events;
}

describe('splitting server-sent events', () => {
  it('hands over data and the event name', () => {
    assert.deepEqual(eventsOf([Buffer.from('event: ping\ndata: {"a":1}\n\ndata:[DONE]\n\n')]), [
      ['{"a":1}', 'ping'],
      ['[DONE]', undefined],
    ]);
  });

  it('skips comments, unknown fields, a byte order mark and an event without data', () => {
    const text = '\uFEFFdata: first\n\n: keep-alive\n\nid: 7\nretry: 10\nevent: lonely\n\ndatas: no\n\ndata: last\n\n';
    assert.deepEqual(eventsOf([Buffer.from(text)]), [
      ['first', undefined],
      ['last', undefined],
    ]);
  });

  it('joins data lines, keeps one leading space out and takes a bare field name as empty data', () => {
    assert.deepEqual(eventsOf([Buffer.from('data:  a\ndata\ndata:b\n\n')]), [[' a\n\nb', undefined]]);
  });

  it('hands over an event that the end of the stream leaves open, and says so', () => {
    const events: string[] = [];
    const splitter = new SseSplitter((data) => events.push(data));
    splitter.push(Buffer.from('data: 1\n\ndata: 2'));
    assert.deepEqual(events, ['1']);
    assert.equal(splitter.end(), true);
    assert.deepEqual(events, ['1', '2']);

    const whole = new SseSplitter(() => {});
    whole.push(Buffer.from('data: 1\n\n: done'));
    assert.equal(whole.end(), false);
  });

  it('hands an event over with its last byte, without waiting for more', () => {
    for (const ending of ['\n\n', '\r\n\r\n', '\r\r']) {
      const events: string[] = [];
      const splitter = new SseSplitter((data) => events.push(data));
      splitter.push(Buffer.from(`data: 1${ending.slice(0, -1)}`));
      splitter.push(Buffer.from(ending.slice(-1)));
      assert.deepEqual(events, ['1']);
    }
  });

  it('stops at an event over the limit, however it is cut', () => {
    for (const size of [1, 7, 100]) {
      const splitter = new SseSplitter(() => {}, 50);
      splitter.push(Buffer.from('data: 12345678901234567890\n\ndata: 12345678901234567890\n\n'));
      const large = Buffer.from(`data: ${'x'.repeat(60)}`);
      assert.throws(() => {
        for (let at = 0; at < large.length; at += size) splitter.push(large.subarray(at, at + size));
      }, EventTooLarge);
    }
  });
});

describe('laws of splitting', () => {
  const piece = fc.constantFrom(
    'data: ',
    'data:',
    'data',
    'event: ',
    'event',
    ':',
    ' ',
    '\n',
    '\r',
    '\r\n',
    '\n\n',
    '\r\n\r\n',
    'é€😀',
    '{"a":1}',
    '\uFEFF',
    'id: 1',
  );
  const stream = fc.array(piece, { maxLength: 30 }).map((pieces) => Buffer.from(pieces.join('')));

  it('agrees with the specification', () => {
    fc.assert(
      fc.property(stream, (bytes) => assert.deepEqual(eventsOf([bytes]), eventsBySpecification(bytes))),
      { numRuns: 2000 },
    );
  });

  it('gives the same events for a stream cut at every byte, and cut anywhere', () => {
    fc.assert(
      fc.property(stream, fc.infiniteStream(fc.integer({ min: 0, max: 9 })), (bytes, sizes) => {
        const whole = eventsOf([bytes]);
        assert.deepEqual(eventsOf(Array.from(bytes, (_, index) => bytes.subarray(index, index + 1))), whole);
        const chunks: Buffer[] = [];
        for (let at = 0; at < bytes.length; ) {
          const size = sizes.next().value ?? 1;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        assert.deepEqual(eventsOf(chunks), whole);
      }),
      { numRuns: 1000 },
    );
  });
});
