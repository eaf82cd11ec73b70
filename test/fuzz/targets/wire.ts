/** Readers of bytes without meaning: bodies, edits of bodies, server-sent events. */
import assert from 'node:assert/strict';
import { BrokenEvents } from '../../../src/wire/broken-events.ts';
import { StreamEnds } from '../../../src/wire/ends.ts';
import { type Envelope, parseMember, readEnvelope } from '../../../src/wire/envelope.ts';
import { splice } from '../../../src/wire/splice.ts';
import { EventTooLarge, SseSplitter } from '../../../src/wire/sse.ts';
import { UsageFrameFilter } from '../../../src/wire/unwanted-usage.ts';
import { WholeEvents } from '../../../src/wire/whole-events.ts';
import { type FuzzTarget, parsedJson, unlessRefused } from '../target.ts';
import { CONVERSATIONS, goldenInputs } from './golden-inputs.ts';

const BODIES = CONVERSATIONS.flatMap((format) => goldenInputs(format).requests.slice(0, 4));
const STREAMS = CONVERSATIONS.flatMap((format) => goldenInputs(format).streams.slice(0, 4));
/** Words of bodies. */
export const JSON_WORDS = [
  '"model":"m",',
  '"\\u006dodel":1,',
  '{"a":',
  '[[[[[[[[',
  '"stream":true,',
  '"é"',
  '1e5',
  '\\"',
];
/** Words of streams. */
export const SSE_WORDS = ['data: ', 'data:\n', 'event: error\n', ':\n\n', 'id: 1\n', 'retry: 5\n', '\r\r', '\ufeff'];

/** The chunks that an input arrives in; where it is cut depends on the input alone. */
export function chunksOf(input: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  while (at < input.length) {
    const size = 1 + (((input[at] ?? 0) * 31 + at) % 97);
    chunks.push(input.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

function isUtf8(input: Buffer): boolean {
  return (
    unlessRefused(() => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(input), TypeError) !==
    undefined
  );
}

/** The envelope says what JSON.parse says. */
function agreesWithJsonParse(input: Buffer): Envelope {
  const envelope = readEnvelope(input);
  const value = parsedJson(input.toString()) as Record<string, unknown> | undefined;
  if (envelope.ok) {
    assert.ok(isUtf8(input), 'the envelope took bytes that are not UTF-8');
    assert.ok(value !== undefined, 'the envelope took what JSON.parse refuses');
    assert.deepEqual(envelope.members.map(({ name }) => name).sort(), Object.keys(value).sort());
    for (const member of envelope.members) {
      assert.deepEqual(parseMember(input, member), Object.getOwnPropertyDescriptor(value, member.name)?.value);
    }
  } else if (envelope.reason === 'malformed') {
    assert.ok(value === undefined || !isUtf8(input), 'the envelope refuses what JSON.parse takes');
  }
  return envelope;
}

const envelopeTarget: FuzzTarget = {
  name: 'envelope',
  seeds: BODIES,
  words: JSON_WORDS,
  run: (input) => void agreesWithJsonParse(input),
};

const spliceTarget: FuzzTarget = {
  name: 'splice',
  seeds: BODIES,
  words: JSON_WORDS,
  run(input) {
    const envelope = readEnvelope(input);
    if (!envelope.ok) return;
    const before = JSON.parse(input.toString()) as object;
    const names = envelope.members.map(({ name }) => name);
    const [first, second, third] = names;
    const added = `added-${names.length}`;
    if (names.includes(added)) return;
    const edits = [
      ...(first === undefined ? [] : [{ edit: 'replace', name: first, json: '{"x":[1]}' } as const]),
      ...(second === undefined ? [] : [{ edit: 'remove', name: second } as const]),
      ...(third === undefined ? [] : [{ edit: 'rename', name: third, to: `${third}-renamed-${added}` } as const]),
      { edit: 'add', name: added, json: '"new"' } as const,
    ];
    const after = new Map(Object.entries(JSON.parse(splice(input, envelope, edits).toString()) as object));
    const expected = new Map(Object.entries(before));
    if (first !== undefined) expected.set(first, { x: [1] });
    if (second !== undefined) expected.delete(second);
    if (third !== undefined) {
      expected.set(`${third}-renamed-${added}`, expected.get(third));
      expected.delete(third);
    }
    expected.set(added, 'new');
    assert.deepEqual(sorted(after), sorted(expected));
  },
};

const sorted = (map: ReadonlyMap<string, unknown>): unknown[] =>
  [...map].sort(([one], [other]) => (one < other ? -1 : 1));

/** The events of a stream as the standard says, with nothing of the splitter. */
function eventsByLines(text: string): [string, string | undefined][] {
  const events: [string, string | undefined][] = [];
  let data: string[] = [];
  let name: string | undefined;
  const dispatch = (): void => {
    if (data.length > 0) events.push([data.join('\n'), name]);
    data = [];
    name = undefined;
  };
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/);
  for (const line of lines) {
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (line === '') dispatch();
    else if (field === 'data') data.push(value);
    else if (field === 'event') name = value === '' ? undefined : value;
  }
  dispatch();
  return events;
}

const sseTarget: FuzzTarget = {
  name: 'sse',
  seeds: STREAMS,
  words: SSE_WORDS,
  run(input) {
    const found: [string, string | undefined][] = [];
    const splitter = new SseSplitter((data, name) => found.push([data, name === '' ? undefined : name]));
    for (const chunk of chunksOf(input)) splitter.push(chunk);
    splitter.end();
    if (isUtf8(input)) assert.deepEqual(found, eventsByLines(input.toString()));
    const small = new SseSplitter(() => {}, 100);
    unlessRefused(() => chunksOf(input).forEach((chunk) => void small.push(chunk)), EventTooLarge);
  },
};

const endsTarget: FuzzTarget = {
  name: 'stream-ends',
  seeds: STREAMS,
  words: [...SSE_WORDS, '"choices":[],"usage":{}'],
  run(input) {
    const ends = new StreamEnds(512, 1_024);
    const whole = new WholeEvents();
    const filter = new UsageFrameFilter();
    const broken = new BrokenEvents();
    const passed: Buffer[] = [];
    for (const chunk of chunksOf(input)) {
      ends.push(chunk);
      broken.find(chunk);
      passed.push(whole.push(chunk));
      filter.push(chunk);
    }
    passed.push(whole.end());
    filter.end();
    assert.equal(ends.totalBytes, input.length);
    assert.ok(Buffer.concat(passed).equals(input), 'WholeEvents changed the bytes of a stream');
    const first = [...ends.firstEvents()];
    const last = [...ends.lastEvents()];
    ends.endedWith([{ data: '[DONE]' }, { eventName: 'message_stop' }]);
    // A kept head or tail that is the whole stream has the events of the stream.
    if (isUtf8(input) && input.length <= 512) {
      const events = eventsByLines(input.toString());
      assert.deepEqual(
        first.map(({ data, eventName }) => [data, eventName]),
        events,
      );
      assert.deepEqual(
        last.toReversed().map(({ data, eventName }) => [data, eventName]),
        events,
      );
    }
  },
};

/** The targets of `src/wire`. */
export const WIRE_TARGETS: readonly FuzzTarget[] = [envelopeTarget, spliceTarget, sseTarget, endsTarget];
