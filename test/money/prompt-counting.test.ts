/** What a prompt counts for before it is sent: media where the format has them, and text whatever it looks like. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import type { TestGateway } from '../support/gateway.ts';
import { ask, manage, priced, startMoneyGateway } from './tenants.ts';

const PROSE = 'The river runs through the wide valley to the sea. '.repeat(4_000);
const BASE64 = Buffer.from('x'.repeat(150_000)).toString('base64');
const user = (content: JsonValue): JsonObject => ({ max_tokens: 1, messages: [{ role: 'user', content }] });
const imagePart = (url: string): JsonObject => ({ type: 'image_url', image_url: { url } });
const ADDRESS = 'https://example.com/a.png';

describe('counting a prompt', () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startMoneyGateway({
      user_api_key_list: [
        { api_key: 'tokens', tpm_limit: 20_000 },
        { api_key: 'money', max_budget: 0.02 },
        { api_key: 'free-tenant' },
      ],
      model_list: [priced('m', 1)],
    });
  });
  after(() => gateway.close());

  const send = (path: string, key: string, body: string): Promise<Response> =>
    fetch(gateway.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body,
    });

  for (const [what, content] of Object.entries<JsonValue>({
    'plain text': PROSE,
    'text that begins like base64': `${'A'.repeat(5_000)} ${PROSE}`,
    'text without a space': PROSE.replaceAll(/[ .]/g, ''),
    'a part of such text': [{ type: 'text', text: `${'A'.repeat(5_000)} ${PROSE}` }],
    'an image that ends in text': [imagePart(`data:image/png;base64,${'A'.repeat(5_000)} ${PROSE}`)],
    'the address of an image made of text': [imagePart(`https://example.com/${PROSE}`)],
  })) {
    test(`${what} counts as text`, async () => {
      const { status, text } = await ask(gateway, 'tokens', user(content));
      assert.equal(status, 429, text);
      assert.match(text, /larger than the limit/);
    });
  }

  const encoded = Buffer.from(PROSE).toString('base64');
  const filePart = (file: JsonObject): JsonValue => [{ type: 'file', file }];
  for (const [what, content] of Object.entries<JsonValue>({
    'plain text': filePart({ file_data: `data:text/plain;base64,${encoded}`, filename: 'a.txt' }),
    CSV: filePart({ file_data: `data:text/csv;base64,${encoded}`, filename: 'a.csv' }),
    JSON: filePart({ file_data: `data:application/json;base64,${encoded}` }),
    'an unnamed type': filePart({ file_data: encoded, filename: 'a.txt' }),
    'a type that is wrong': filePart({ file_data: `data:application/pdf;base64,${encoded}` }),
    'a type that its text contradicts': filePart({
      file_data: `data:text/plain;base64,${Buffer.from(`%PDF-1.7 ${PROSE}`).toString('base64')}`,
    }),
    'text in the place of an image': [imagePart(`data:image/svg+xml;base64,${encoded}`)],
    'text with escapes': filePart({ file_data: `data:text/plain;base64,${encoded}` }),
  })) {
    test(`a file of ${what} counts as its text`, async () => {
      const body = JSON.stringify({ model: 'm', ...user(content) }).replaceAll('\\\\/', '\\/');
      const response = await send('/v1/chat/completions', 'tokens', body);
      const text = await response.text();
      assert.equal(response.status, 429, text);
      assert.match(text, /larger than the limit/);
    });
  }

  for (const [what, source] of Object.entries<JsonObject>({
    base64: { type: 'base64', media_type: 'text/plain', data: encoded },
    'plain text': { type: 'text', media_type: 'text/plain', data: PROSE },
    'plain text that looks like base64': { type: 'text', media_type: 'text/plain', data: 'A'.repeat(200_000) },
  })) {
    test(`a document of Anthropic with ${what} counts as its text`, async () => {
      const body = JSON.stringify({ model: 'm', ...user([{ type: 'document', source }]) });
      const response = await send('/v1/messages', 'tokens', body);
      assert.equal(response.status, 429, await response.text());
    });
  }

  test('base64 in the place of an image counts as one image', async () => {
    const { status, text } = await ask(gateway, 'tokens', user([imagePart(`data:image/png;base64,${BASE64}`)]));
    assert.equal(status, 200, text);
  });

  const chat = JSON.stringify({ model: 'm', ...user(Array.from({ length: 20 }, () => imagePart(ADDRESS))) });
  const claude = JSON.stringify({
    model: 'm',
    ...user(Array.from({ length: 20 }, () => ({ type: 'image', source: { type: 'url', url: ADDRESS } }))),
  });
  for (const [what, path, body] of [
    ['plainly', '/v1/chat/completions', chat],
    ['with escapes', '/v1/chat/completions', chat.replaceAll('image_url', 'image\\u005furl')],
    ['with white space', '/v1/chat/completions', chat.replaceAll('":', '"\n\t:\r\n')],
    ['plainly to Anthropic', '/v1/messages', claude],
    ['with escapes to Anthropic', '/v1/messages', claude.replaceAll('source', '\\u0073ource')],
    ['with white space to Anthropic', '/v1/messages', claude.replaceAll('":', '"\n\t:\r\n')],
  ] as const) {
    test(`images that are named ${what} are all counted`, async () => {
      const response = await send(path, 'money', body);
      assert.equal(response.status, 422, await response.text());
    });
  }

  test('text without white space has tokens', async () => {
    for (const [text, least] of [
      ['语'.repeat(2_500), 1_000],
      ['A'.repeat(3_000), 100],
    ] as const) {
      const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: text }] });
      const response = await send('/v1/messages/count_tokens', 'free-tenant', body);
      const { input_tokens: tokens } = (await response.json()) as { input_tokens: number };
      assert.ok(tokens >= least, `${tokens} tokens`);
    }
  });

  test('an end user who is blocked stays blocked if the name is spelled with escapes', async () => {
    const name = 'someone-'.repeat(12);
    await manage(gateway, '/customer/block', { user_ids: [name] });
    const escaped = [...name].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
    for (const spelled of [name, escaped]) {
      const body = `{"model":"m","messages":[{"role":"user","content":"hi"}],"user":"${spelled}"}`;
      const response = await send('/v1/chat/completions', 'free-tenant', body);
      const text = await response.text();
      assert.equal(response.status, 400, text);
      assert.match(text, /User blocked/);
    }
  });

  test('the tokens of hello world are counted exactly while another key sends text without boundaries', async () => {
    const count = async (key: string, content: string): Promise<unknown> => {
      const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] });
      const answer = await send('/v1/messages/count_tokens', key, body);
      assert.equal(answer.status, 200);
      return ((await answer.json()) as JsonObject).input_tokens;
    };
    const exact = await count('money', 'hello world');
    const hostile = [' '.repeat(400_000), '!?'.repeat(200_000), '\n'.repeat(400_000), ` ${'a'.repeat(400_000)}`];
    const others = [...hostile, '今天天气很好'.repeat(20_000)].map((content) => count('free-tenant', content));
    for (let round = 0; round < 3; round++) assert.equal(await count('money', 'hello world'), exact);
    for (const tokens of await Promise.all(others)) assert.ok(Number(tokens) > 1_000);
  });
});
