import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { formatParts } from '../../formats/index.ts';
import { readEnvelope } from '../../wire/envelope.ts';
import { ModelStamp, stampWhole } from './model-stamp.ts';

const chat = formatParts('openai-chat').modelPlace;
const messages = formatParts('anthropic-messages').modelPlace;

function stamped(place: typeof chat, chunks: readonly string[], name = 'asked'): string {
  const stamp = new ModelStamp(place, JSON.stringify(name));
  return chunks.map((chunk) => Buffer.from(stamp.stamp(Buffer.from(chunk))).toString('utf8')).join('');
}

const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;

describe('a stream', () => {
  test('gets the name in every event and no other change, whatever its words and wherever chunks end', () => {
    const delta = fc.record({
      content: fc.oneof(fc.string(), fc.constant('"model":"gpt-x"'), fc.constant('{"model": 1}')),
    });
    const chunk = (model: string) => (content: unknown) =>
      event({ id: 'c', model, choices: [{ index: 0, delta: content, extra: { model: 'inner' } }] });
    fc.assert(
      fc.property(fc.array(fc.array(delta, { minLength: 1 }), { minLength: 1 }), fc.string(), (groups, name) => {
        const sent = groups.map((group) => group.map(chunk('gpt-x')).join(''));
        assert.equal(stamped(chat, sent, name), groups.flat().map(chunk(name)).join(''));
      }),
    );
  });

  test('gets it however the provider spells the member, and if the provider changes its name', () => {
    const spelled = [
      'data: {"model" : "" , "choices":[]}\n\n',
      'data:{"choices":[],"model": "a\\"b"}\r\n\r\n',
      'data: {"model":null,"choices":[]}\n\n',
      'data: {"model":"gpt-4o","choices":[]}\n\n',
      ': a comment with "model":"x"\n\n',
    ];
    assert.equal(
      stamped(chat, spelled),
      'data: {"model" : "asked" , "choices":[]}\n\n' +
        'data:{"choices":[],"model": "asked"}\r\n\r\n' +
        'data: {"model":"asked","choices":[]}\n\n' +
        'data: {"model":"asked","choices":[]}\n\n' +
        ': a comment with "model":"x"\n\n',
    );
    assert.equal(stamped(chat, spelled), stamped(chat, [spelled.join('')]));
  });

  test('is copied once if a chunk holds thousands of events', () => {
    const events = 32_000;
    const of = (model: string) => event({ model, choices: [{ index: 0, delta: { content: 'x'.repeat(200) } }] });
    const begun = process.cpuUsage();
    const seen = stamped(chat, [of('gpt-x').repeat(events)]);
    const { user, system } = process.cpuUsage(begun);
    assert.ok(seen === of('asked').repeat(events));
    // A copy for each event would be 270 GB.
    assert.ok(user + system < 5_000_000, `${(user + system) / 1_000} ms of CPU`);
  });

  test('gets it if the provider names no model', () => {
    const chunks = ['data: {"id":"c","choices":[{"delta":{}}]}\n\n', 'data: {"choices":[]}\n\ndata: [DONE]\n\n'];
    assert.equal(
      stamped(chat, chunks),
      'data: {"id":"c","model":"asked","choices":[{"delta":{}}]}\n\n' +
        'data: {"model":"asked","choices":[]}\n\ndata: [DONE]\n\n',
    );
  });

  test('is passed on as the same bytes if the provider uses the same name', () => {
    const chunk = Buffer.from(event({ model: 'asked', choices: [] }));
    const stamp = new ModelStamp(chat, '"asked"');
    assert.equal(stamp.stamp(chunk), chunk);
  });

  test("of Claude's gets it in message_start alone", () => {
    const start = (model: string) => event({ type: 'message_start', message: { id: 'm', model, content: [] } });
    const later = event({ type: 'content_block_start', content_block: { type: 'tool_use', input: { model: 'x' } } });
    assert.equal(
      stamped(messages, [event({ type: 'ping' }), start('claude-x') + later, later]),
      event({ type: 'ping' }) + start('asked') + later + later,
    );
  });
});

describe('a whole answer', () => {
  const whole = (place: typeof chat, value: unknown): unknown => {
    const body = Buffer.from(JSON.stringify(value));
    const envelope = readEnvelope(body);
    assert.ok(envelope.ok);
    return JSON.parse(stampWhole(body, envelope, place, '"asked"').toString('utf8'));
  };

  test('gets the name at its top, also if it named none', () => {
    assert.deepEqual(whole(chat, { model: 'x', choices: [{ model: 'y' }] }), {
      model: 'asked',
      choices: [{ model: 'y' }],
    });
    assert.deepEqual(whole(chat, { choices: [] }), { choices: [], model: 'asked' });
    assert.deepEqual(whole(messages, { input_tokens: 4 }), { input_tokens: 4 });
  });
});
