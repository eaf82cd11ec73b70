import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../core/json.ts';
import { UNSUPPORTED } from '../../providers/provider.ts';
import { readEnvelope } from '../../wire/envelope.ts';
import { editBytes, type RequestEdits } from './edit-bytes.ts';

const PLAIN: RequestEdits = {
  modelLiteral: '"gpt-4o"',
  rules: {},
  format: 'openai-chat',
  defaults: {},
  drop: [],
  askForUsage: false,
};

function edit(text: string, edits: Partial<RequestEdits>) {
  const body = Buffer.from(text);
  const envelope = readEnvelope(body);
  assert.ok(envelope.ok);
  const { body: edited, dropped } = editBytes(body, envelope, { ...PLAIN, ...edits });
  return { text: edited.toString('utf8'), dropped };
}

test('only the model changes; every other byte stays, unknown members and odd spacing too', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^x_[a-z]{1,8}$/), fc.jsonValue()), fc.nat(4), (extra, spaces) => {
      const members = JSON.stringify(extra, null, spaces).slice(1, -1).trim();
      const tail = members === '' ? '' : `, ${members}`;
      const { text } = edit(`{ "model" : "group"${tail} }`, {});
      assert.equal(text, `{ "model" : "gpt-4o"${tail} }`);
    }),
  );
});

test('members meant for the gateway are taken out, a provider key or address above all', () => {
  const { text, dropped } = edit(
    '{"model":"m","fallbacks":["x"],"api_base":"http://evil","api_key":"sk-x","num_retries":3,"messages":[]}',
    {},
  );
  assert.deepEqual(JSON.parse(text), { model: 'gpt-4o', messages: [] });
  assert.deepEqual(dropped, []);
});

test('a provider takes some parameters under another name, some not at all, and some values in another form', () => {
  const { text, dropped } = edit(
    '{"model":"m","max_completion_tokens":5,"logit_bias":{},"role":"a","seed":1,"mode":"b"}',
    {
      rules: {
        rename: { max_completion_tokens: 'max_tokens' },
        unsupported: ['logit_bias'],
        values: { role: () => 'b', seed: () => undefined, mode: () => UNSUPPORTED },
      },
    },
  );
  assert.equal(text, '{"model":"gpt-4o","max_tokens":5,"role":"b"}');
  assert.deepEqual(
    dropped.map(({ field, kind }) => [field, kind]),
    [
      ['logit_bias', 'unsupported'],
      ['mode', 'unsupported'],
    ],
  );
});

test('a member and the one it would be renamed to do not both survive', () => {
  const { text, dropped } = edit('{"model":"m","max_tokens":1,"max_completion_tokens":2}', {
    rules: { rename: { max_completion_tokens: 'max_tokens' }, values: { max_completion_tokens: () => 9 } },
  });
  assert.equal(text, '{"model":"gpt-4o","max_tokens":1}');
  assert.equal(dropped.length, 1);
});

test('defaults of the deployment stand in only where the client sends nothing, under either name', () => {
  const rules = { rename: { max_completion_tokens: 'max_tokens' } };
  const defaults: JsonObject = { temperature: 0.2, max_tokens: 100 };
  assert.deepEqual(JSON.parse(edit('{"model":"m"}', { rules, defaults }).text), { model: 'gpt-4o', ...defaults });
  assert.deepEqual(
    JSON.parse(edit('{"model":"m","temperature":1,"max_completion_tokens":7}', { rules, defaults }).text),
    {
      model: 'gpt-4o',
      temperature: 1,
      max_tokens: 7,
    },
  );
});

test('usage is asked for without losing other stream options', () => {
  assert.equal(
    edit('{"model":"m"}', { askForUsage: true }).text,
    '{"model":"gpt-4o","stream_options":{"include_usage":true}}',
  );
  assert.deepEqual(
    JSON.parse(edit('{"model":"m","stream_options":{"x":1}}', { askForUsage: true }).text).stream_options,
    {
      x: 1,
      include_usage: true,
    },
  );
});

test('a request that names its model in the path gets it into the body', () => {
  assert.equal(edit('{"messages":[]}', {}).text, '{"messages":[],"model":"gpt-4o"}');
});
