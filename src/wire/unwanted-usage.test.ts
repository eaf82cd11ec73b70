import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { UsageFrameFilter } from './unwanted-usage.ts';

const USAGE = '{"id":"x","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}';
const TEXT = '{"id":"x","choices":[{"index":0,"delta":{"content":"say \\"choices\\":[]"}}],"usage":null}';

function filtered(chunks: readonly (string | Uint8Array)[]): string {
  const filter = new UsageFrameFilter();
  const sent = chunks.map((chunk) => filter.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk));
  return Buffer.concat([...sent, filter.end()]).toString();
}

describe('taking an unwanted usage frame out of a stream', () => {
  it('drops the usage frame and nothing else', () => {
    assert.equal(
      filtered([`data: ${TEXT}\n\ndata: ${USAGE}\n\ndata: [DONE]\n\n`]),
      `data: ${TEXT}\n\ndata: [DONE]\n\n`,
    );
  });

  it('keeps an empty choices without usage, and usage beside choices', () => {
    for (const data of [
      '{"choices":[],"prompt_filter_results":[],"usage":null}',
      '{"choices":[]}',
      '{"choices":[{"delta":{}}],"usage":{"prompt_tokens":1}}',
      '{"x":{"choices":[],"usage":{}},"usage":{},"choices":[1]}',
    ]) {
      assert.equal(filtered([`data: ${data}\n\n`]), `data: ${data}\n\n`);
    }
  });

  it('takes out a usage frame that cannot be read', () => {
    assert.equal(filtered(['data: {"choices":[],"usage":{"prompt_tokens":NaN}}\n\n']), '');
  });

  it('knows the frame with spaces, with carriage returns and without its last blank line', () => {
    const spaced = USAGE.replace('"choices":[]', '"choices" : [ ]');
    assert.equal(filtered([`data: ${spaced}\n\n`]), '');
    assert.equal(
      filtered([`: hi\r\n\r\ndata: ${USAGE}\r\n\r\ndata: [DONE]\r\n\r\n`]),
      ': hi\r\n\r\ndata: [DONE]\r\n\r\n',
    );
    assert.equal(filtered([`data: ${TEXT}\n\ndata: ${USAGE}`]), `data: ${TEXT}\n\n`);
  });

  it('sends the very chunk on where it holds whole events', () => {
    const filter = new UsageFrameFilter();
    const chunk = Buffer.from(`data: ${TEXT}\n\n`);
    const sent = filter.push(chunk);
    assert.equal(sent.buffer, chunk.buffer);
    assert.equal(sent.byteOffset, chunk.byteOffset);
    assert.equal(sent.length, chunk.length);
  });

  it('sends complete events at once and holds only the open one', () => {
    const filter = new UsageFrameFilter();
    assert.equal(filter.push(Buffer.from('data: 1\n\ndata: 2\n\nda')).toString(), 'data: 1\n\ndata: 2\n\n');
    assert.equal(filter.push(Buffer.from('ta: 3')).toString(), '');
    assert.equal(filter.push(Buffer.from('\n')).toString(), '');
    assert.equal(filter.push(Buffer.from('\n')).toString(), 'data: 3\n\n');
  });

  it('passes an event too large for a usage frame on as it comes, and filters again behind it', () => {
    const large = `data: "${'x'.repeat(100_000)}\ndata: ${'y'.repeat(100_000)}"`;
    for (const lineEnd of ['\n', '\r\n', '\r']) {
      const text = large.replaceAll('\n', lineEnd);
      const input = `${text}${lineEnd}${lineEnd}data: ${USAGE}${lineEnd}${lineEnd}data: [DONE]${lineEnd}${lineEnd}`;
      for (const size of [1000, 4096, 99_999, 1_000_000]) {
        const bytes = Buffer.from(input);
        const chunks: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
        assert.equal(filtered(chunks), `${text}${lineEnd}${lineEnd}data: [DONE]${lineEnd}${lineEnd}`);
      }
    }
    const filter = new UsageFrameFilter();
    filter.push(Buffer.from(large.slice(0, 70_000)));
    assert.equal(filter.push(Buffer.from(large.slice(70_000))).length, large.length - 70_000);
    const sent = ['\n', '\n', `data: ${USAGE}\n`, '\n', 'data: 1\n\n'].map((chunk) =>
      filter.push(Buffer.from(chunk)).toString(),
    );
    assert.equal(sent.join(''), '\n\ndata: 1\n\n');
  });
});

describe('laws of the filter', () => {
  it('gives the input without exactly the usage frames, for every chunking', () => {
    const event = fc.constantFrom(
      { text: `data: ${USAGE}`, drop: true },
      { text: `data: ${TEXT}`, drop: false },
      { text: 'data: [DONE]', drop: false },
      { text: ': ping', drop: false },
      { text: `event: x\ndata: ${TEXT}`, drop: false },
      { text: `id: 1\ndata: ${USAGE}`, drop: true },
      { text: 'data: {"choices":[],"usage":null}', drop: false },
    );
    const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
    fc.assert(
      fc.property(fc.array(event, { maxLength: 8 }), lineEnd, fc.integer({ min: 1, max: 300 }), (events, end, size) => {
        const framed = events.map(({ text, drop }) => ({ text: `${text.replaceAll('\n', end)}${end}${end}`, drop }));
        const bytes = Buffer.from(framed.map(({ text }) => text).join(''));
        const expected = framed.map(({ text, drop }) => (drop ? '' : text)).join('');
        for (const step of [1, 2, size, bytes.length + 1]) {
          const chunks: Buffer[] = [];
          for (let at = 0; at < bytes.length; at += step) chunks.push(bytes.subarray(at, at + step));
          assert.equal(filtered(chunks), expected);
        }
      }),
      { numRuns: 300 },
    );
  });
});
