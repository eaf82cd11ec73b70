/** What holds for every prompt, whatever is marked in it already. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../../src/core/json.ts';
import { type MarkPlan, planMarks } from '../../../src/features/prompt-cache/plan-marks.ts';
import { prefixesOf } from '../../../src/features/prompt-cache/prefixes.ts';
import { formatParts } from '../../../src/formats/index.ts';
import { type Prompt, writeMarks } from '../../../src/formats/prompt-blocks.ts';
import { modelAbilities } from '../../../src/models/model-table.ts';
import { readEnvelope } from '../../../src/wire/envelope.ts';
import { marksIn } from './fixtures.ts';

const FACTS = modelAbilities('claude-sonnet-5', 'anthropic').promptCache;
const mark = fc.constantFrom<JsonObject>(
  { type: 'ephemeral' },
  { type: 'ephemeral', ttl: '5m' },
  { ttl: '1h', type: 'ephemeral' },
);
const text = fc.oneof(
  fc.string(),
  fc.constantFrom('', ' ', '\n', '"cache_control":{"type":"ephemeral"}', 'é\u0000"\\'),
);

/** Blocks with and without marks, the mark first, last or between. */
const block = fc
  .tuple(
    text,
    fc.option(mark, { nil: undefined }),
    fc.constantFrom('text', 'tool_result', 'thinking', 'image'),
    fc.nat(3),
  )
  .map(([said, control, type, place]): JsonObject => {
    const members: [string, JsonValue][] =
      type === 'tool_result'
        ? [
            ['type', type],
            ['tool_use_id', 't'],
            ['content', [{ type: 'text', text: said }]],
          ]
        : [
            ['type', type],
            ['text', said],
          ];
    if (control !== undefined && type !== 'thinking')
      members.splice(Math.min(place, members.length), 0, ['cache_control', control]);
    return Object.fromEntries(members);
  });
const content = fc.oneof(text, fc.array(block, { maxLength: 4 }));
const body = fc.record(
  {
    model: fc.constant('m'),
    tools: fc.array(
      fc.record({ name: text, cache_control: mark, input_schema: fc.constant({}) }, { requiredKeys: ['name'] }),
      { maxLength: 3 },
    ),
    system: fc.oneof(text, fc.array(block, { maxLength: 3 })),
    messages: fc.array(fc.record({ role: fc.constantFrom('user', 'assistant'), content }), { maxLength: 6 }),
    cache_control: mark,
  },
  { requiredKeys: ['model', 'messages'] },
);
const spaced = fc
  .tuple(body, fc.constantFrom(undefined, 1, '\t'))
  .map(([value, indent]) => JSON.stringify(value, null, indent));

const lives = fc.array(fc.constantFrom('short', 'hour', undefined), { minLength: 24, maxLength: 24 });
const chance = fc.record({
  short: fc.double({ min: 0, max: 1, noNaN: true }),
  hour: fc.double({ min: 0, max: 1, noNaN: true }),
});

const points = fc.array(
  fc.oneof(
    fc.record({ at: fc.constant('tools' as const), isOneHour: fc.boolean() }),
    fc.record({
      at: fc.constant('messages' as const),
      isOneHour: fc.boolean(),
      index: fc.integer({ min: -7, max: 7 }),
    }),
    fc.record({
      at: fc.constant('messages' as const),
      isOneHour: fc.boolean(),
      role: fc.constantFrom('user', 'system', 'assistant'),
    }),
  ),
  { maxLength: 5 },
);

interface Planned {
  readonly bytes: Buffer;
  readonly prompt: Prompt;
  readonly plan: MarkPlan;
  readonly written: Buffer;
}

function run(
  json: string,
  mode: 'system' | 'auto',
  kept: readonly ('short' | 'hour' | undefined)[],
  chances: readonly { short: number; hour: number }[],
  wanted: never[] | readonly unknown[] = [],
): Planned {
  const bytes = Buffer.from(json);
  const envelope = readEnvelope(bytes);
  assert.ok(envelope.ok);
  const prompt = formatParts('anthropic-messages').readPrompt?.(bytes, envelope);
  assert.ok(prompt !== undefined);
  const prefixes = prefixesOf(bytes, prompt, 's');
  const plan = planMarks(
    prompt,
    { mode, points: wanted as never },
    FACTS,
    {
      prefixes,
      tokensAt: () => 2_000,
      keptFor: (index) => kept[index],
      ofStatic: chances[0] as { short: number; hour: number },
      ofWhole: chances[1] as { short: number; hour: number },
      prices: { write: 1.25, writeOneHour: 2, read: 0.1 },
    },
    false,
  );
  const set = plan.set.flatMap(({ block: at, isOneHour }) => {
    const place = prompt.blocks[at]?.place;
    return place === undefined ? [] : [{ place, isOneHour }];
  });
  return { bytes, prompt, plan, written: writeMarks(bytes, 'control', set, plan.remove) };
}

/** A body with no marks, and every text that stands for one block as such a block. */
function plain(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => {
      if (name === 'cache_control') return [];
      const isText = typeof inner === 'string' && (name === 'system' || (name === 'content' && 'role' in value));
      return [[name, isText ? [{ type: 'text', text: inner }] : plain(inner ?? null)]];
    }),
  );
}

/** Lives of the marks in the provider's order. */
const livesIn = (value: JsonValue): string[] => {
  const { tools, system, messages, cache_control: whole } = value as JsonObject;
  const ttls = (part: JsonValue | undefined): string[] =>
    Array.isArray(part)
      ? part.flatMap(ttls)
      : typeof part === 'object' && part !== null
        ? [
            ...Object.entries(part).flatMap(([name, inner]) => (name === 'cache_control' ? [] : ttls(inner))),
            ...('cache_control' in part ? [(part.cache_control as JsonObject).ttl === '1h' ? '1h' : '5m'] : []),
          ]
        : [];
  return [...ttls(tools), ...ttls(system), ...ttls(messages), ...(whole === undefined ? [] : ['whole'])];
};

test('`auto`: never more than four marks, longer lives first, and no other byte changed', () => {
  fc.assert(
    fc.property(spaced, lives, chance, chance, (json, kept, ofStatic, ofWhole) => {
      const { plan, written } = run(json, 'auto', kept, [ofStatic, ofWhole]);
      const before = JSON.parse(json) as JsonValue;
      const after = JSON.parse(written.toString('utf8')) as JsonValue;
      assert.deepEqual(plain(after), plain(before));
      if (marksIn(before).length > 0) {
        assert.equal(written.toString('utf8'), json);
        return;
      }
      assert.ok(marksIn(after).length <= 4);
      assert.equal(marksIn(after).length, plan.set.length);
      const ttls = livesIn(after);
      assert.deepEqual(ttls, [...ttls].sort());
    }),
    { numRuns: 2_000 },
  );
});

test('`system`: at most one mark is added, none behind the static part, and no other byte changed', () => {
  fc.assert(
    fc.property(spaced, lives, chance, (json, kept, ofStatic) => {
      const { plan, written } = run(json, 'system', kept, [ofStatic, ofStatic]);
      const before = JSON.parse(json) as JsonObject;
      const after = JSON.parse(written.toString('utf8')) as JsonObject;
      assert.deepEqual(plain(after), plain(before));
      assert.ok(plan.set.length <= 1);
      assert.deepEqual(marksIn(after.messages ?? null), []);
      assert.equal(after.cache_control, undefined);
      if (marksIn([before.tools ?? null, before.system ?? null]).length > 0) assert.equal(plan.set.length, 0);
    }),
    { numRuns: 2_000 },
  );
});

test('injection points: with those of the client never more than four, if the client set no more', () => {
  fc.assert(
    fc.property(spaced, points, lives, chance, (json, wanted, kept, ofStatic) => {
      const { written } = run(json, 'auto', kept, [ofStatic, ofStatic], wanted);
      const before = JSON.parse(json) as JsonValue;
      const after = JSON.parse(written.toString('utf8')) as JsonValue;
      assert.deepEqual(plain(after), plain(before));
      assert.ok(marksIn(after).length <= Math.max(4, marksIn(before).length));
    }),
    { numRuns: 2_000 },
  );
});

test('marks take no part in what makes two prompts the same', () => {
  fc.assert(
    fc.property(body, (value) => {
      const hashes = (json: string): readonly string[] => {
        const bytes = Buffer.from(json);
        const envelope = readEnvelope(bytes);
        assert.ok(envelope.ok);
        const prompt = formatParts('anthropic-messages').readPrompt?.(bytes, envelope);
        assert.ok(prompt !== undefined);
        return prefixesOf(bytes, prompt, 's').map(({ hash }) => hash);
      };
      const strip = (inner: JsonValue): JsonValue =>
        Array.isArray(inner)
          ? inner.map(strip)
          : typeof inner === 'object' && inner !== null
            ? Object.fromEntries(
                Object.entries(inner).flatMap(([name, member]) =>
                  name === 'cache_control' ? [] : [[name, strip(member ?? null)]],
                ),
              )
            : inner;
      assert.deepEqual(hashes(JSON.stringify(value)), hashes(JSON.stringify(strip(value as JsonValue))));
    }),
    { numRuns: 500 },
  );
});
