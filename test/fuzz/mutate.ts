/** Makes new inputs from valid ones: in their bytes, their lines and the values of their JSON. */
import { isJsonObject, type JsonValue, setMember } from '../../src/core/json.ts';
import type { Random } from './random.ts';
import { parsedJson } from './target.ts';

/** The longest input that mutations make. */
const MOST_BYTES = 64 * 1024;

/** Bytes that break texts: ends of strings and lines, halves of UTF-8 sequences, numbers at their limits. */
const ODD_TEXTS: readonly Buffer[] = [
  ...['"', '\\', '{', '}', '[', ']', ',', ':', '\n', '\r', '\r\n', '\n\n', '\0', '\u2028', '\ufeff', '😀', '\u202e'],
  ...['-0', '1e999', '9007199254740993', '1e-400', '0x10', '-1', 'null', 'true', '""', '{}', '[]', '\\u0000'],
  ...['\\ud800', '"__proto__":', '"constructor":{"prototype":{"x":1}}', '%00', '%', '%zz', 'data: ', 'data:[DONE]\n\n'],
]
  .map((text) => Buffer.from(text))
  .concat([Buffer.from([0xc3]), Buffer.from([0xff]), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from([0xf0, 0x9f])]);

const ODD_VALUES: readonly JsonValue[] = [
  ...[null, true, false, 0, -1, 1.5, 1e308, -0, 2 ** 53, 1e21, '', ' ', '\0', '\ud800', '__proto__', 'constructor'],
  ...['9'.repeat(400), '-1', '1e5', 'data:image/png;base64,AAAA', 'https://example.com/a.png', 'null', '{"a":1}', '[1'],
];
const ODD_NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 'type', 'content', 'index', 'length'];

/** An input made from one of the seeds, with up to eight changes. */
export function mutated(random: Random, seeds: readonly Buffer[], words: readonly string[]): Buffer {
  let input = random.of(seeds);
  for (let left = 1 + random.below(8); left > 0; left -= 1) {
    const choice = random.below(10);
    if (choice < 4) input = withOtherValue(random, input, words) ?? withOtherBytes(random, input, seeds, words);
    else if (choice === 4) input = withOtherLines(random, input);
    else input = withOtherBytes(random, input, seeds, words);
  }
  return input.subarray(0, MOST_BYTES);
}

function withOtherBytes(random: Random, input: Buffer, seeds: readonly Buffer[], words: readonly string[]): Buffer {
  const at = random.below(input.length + 1);
  const to = Math.min(input.length, at + 1 + random.below(random.oneIn(4) ? input.length : 8));
  const [before, cut, after] = [input.subarray(0, at), input.subarray(at, to), input.subarray(to)];
  switch (random.below(8)) {
    case 0: {
      const changed = Buffer.from(input);
      if (at < changed.length) changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
      return changed;
    }
    case 1:
      return Buffer.concat([before, after]);
    case 2:
      return Buffer.concat([before, cut, cut, after]);
    case 3:
      return before;
    case 4: {
      const other = random.of(seeds);
      const from = random.below(other.length + 1);
      return Buffer.concat([before, other.subarray(from, from + random.below(200)), after]);
    }
    case 5:
      return Buffer.concat([
        before,
        ...Array.from({ length: 1 + random.below(100) }, () => cut.subarray(0, 64)),
        after,
      ]);
    case 6:
      return words.length === 0 ? before : Buffer.concat([before, Buffer.from(random.of(words)), after]);
    default:
      return Buffer.concat([before, random.of(ODD_TEXTS), random.oneIn(2) ? cut : Buffer.alloc(0), after]);
  }
}

function withOtherLines(random: Random, input: Buffer): Buffer {
  const lines = input.toString('latin1').split('\n');
  const from = random.below(lines.length);
  const moved = lines.splice(from, 1 + random.below(3));
  if (!random.oneIn(3)) lines.splice(random.below(lines.length + 1), 0, ...moved);
  if (random.oneIn(3)) lines.splice(random.below(lines.length + 1), 0, ...moved);
  return Buffer.from(lines.join('\n'), 'latin1');
}

/** Changes a value within the JSON of the input, or of one of its lines; undefined if it has none. */
function withOtherValue(random: Random, input: Buffer, words: readonly string[]): Buffer | undefined {
  const text = input.toString();
  const whole = parsedJson(text);
  if (whole !== undefined) return Buffer.from(JSON.stringify(changedValue(random, whole as JsonValue, words)));
  const lines = text.split('\n');
  const at = random.below(lines.length);
  const line = lines[at] ?? '';
  const start = line.search(/[[{]/);
  const value = start < 0 ? undefined : parsedJson(line.slice(start));
  if (value === undefined) return undefined;
  lines[at] = line.slice(0, start) + JSON.stringify(changedValue(random, value as JsonValue, words));
  return Buffer.from(lines.join('\n'));
}

/** The value with a change somewhere inside it. */
function changedValue(random: Random, value: JsonValue, words: readonly string[]): JsonValue {
  const isInner = !random.oneIn(6);
  if (isInner && Array.isArray(value) && value.length > 0) {
    const at = random.below(value.length);
    const item = value[at] as JsonValue;
    if (random.oneIn(8)) return value.toSpliced(at, 1);
    if (random.oneIn(8)) return value.toSpliced(at, 0, item);
    return value.with(at, changedValue(random, item, words));
  }
  if (isInner && isJsonObject(value)) {
    const entries = Object.entries(value);
    const chosen = random.below(entries.length);
    const result = {};
    for (const [index, [name, member]] of entries.entries()) {
      if (index !== chosen) setMember(result, name, member);
      else if (random.oneIn(8))
        setMember(result, random.oneIn(2) ? random.of(ODD_NAMES) : oneOf(random, words), member);
      else if (!random.oneIn(8)) setMember(result, name, changedValue(random, member as JsonValue, words));
    }
    return result;
  }
  return otherValue(random, value, words);
}

function otherValue(random: Random, value: JsonValue, words: readonly string[]): JsonValue {
  switch (random.below(6)) {
    case 0:
      return [value];
    case 1:
      return Object.fromEntries([[random.of(ODD_NAMES), value]]);
    case 2:
      return Array.from({ length: random.below(50) }, () => value);
    case 3:
      return oneOf(random, words);
    case 4:
      return nested(value, random.below(80));
    default:
      return random.of(ODD_VALUES);
  }
}

const oneOf = (random: Random, words: readonly string[]): string => (words.length === 0 ? 'x' : random.of(words));

function nested(value: JsonValue, levels: number): JsonValue {
  let result = value;
  for (let level = 0; level < levels; level += 1) result = level % 2 === 0 ? [result] : { content: result };
  return result;
}
