/** What media reserve: by kind and size in `strict`, and what has no bound is refused under a budget. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import type { TestGateway } from '../support/gateway.ts';
import { mp4, pdf, png, wav } from './media-files.ts';
import { ask, messageOf, priced, startMoneyGateway } from './tenants.ts';

const inline = (type: string, bytes: Buffer): string => `data:${type};base64,${bytes.toString('base64')}`;
const request = (model: string, ...parts: readonly JsonValue[]): JsonObject => ({
  model,
  max_tokens: 1,
  messages: [{ role: 'user', content: [...parts] }],
});
const image = (url: string): JsonObject => ({ type: 'image_url', image_url: { url } });
const picture = (width: number, height: number): JsonObject => image(inline('image/png', png(width, height)));
const file = (bytes: Buffer): JsonObject => ({ type: 'file', file: { file_data: inline('application/pdf', bytes) } });
const sound = (bytes: Buffer): JsonObject => ({
  type: 'input_audio',
  input_audio: { data: bytes.toString('base64'), format: 'wav' },
});

/** A server of open models: nothing is documented of how it counts media. */
const MODELS = [
  priced('open', 1, { model: 'hosted_vllm/sim-tokens-1' }),
  priced('gpt', 1, {}, { base_model: 'gpt-4o' }),
  priced('gemini', 1, {}, { base_model: 'gemini/gemini-2.5-flash' }),
];

for (const mode of ['strict', 'learned'] as const) {
  describe(`media in ${mode}`, () => {
    let gateway: TestGateway;
    before(async () => {
      gateway = await startMoneyGateway({
        model_list: MODELS,
        budget_settings: { mode },
        user_api_key_list: [{ api_key: 'cent', max_budget: 0.03 }, { api_key: 'free' }],
      });
    });
    after(() => gateway.close());

    for (const [what, model, part] of [
      ['a small image', 'open', picture(200, 200)],
      ['a large image where the largest is documented', 'gpt', picture(12_000, 12_000)],
      ['a page', 'gpt', file(pdf(1))],
      ['a minute of sound', 'gemini', sound(wav(60))],
      ['an image with much data and few pixels', 'open', image(inline('image/png', png(64, 64, 500_000)))],
    ] as const) {
      test(`${what} is admitted`, async () => {
        const { status, text } = await ask(gateway, 'cent', request(model, part));
        assert.equal(status, 200, text);
      });
    }

    for (const [what, model, part] of [
      ['an image of many pixels in few bytes', 'open', picture(8_000, 8_000)],
      ['many pages', 'gpt', file(pdf(300))],
      ['many pages that are compressed', 'gpt', file(pdf(300, { isHidden: true }))],
      ['a quarter of an hour of sound', 'gemini', sound(wav(900))],
      ['an hour of video', 'gemini', { type: 'video_url', video_url: { url: inline('video/mp4', mp4(3_600)) } }],
    ] as const) {
      test(`${what}: more than the budget`, async () => {
        const { status, text } = await ask(gateway, 'cent', request(model, part));
        assert.equal(status, 422, text);
      });
    }

    for (const [what, model, part, reason] of [
      ['the address of an image', 'open', image('https://example.com/a.png'), /address.*base64.*mode: learned/],
      ['the id of a file', 'gpt', { type: 'file', file: { file_id: 'file-1' } }, /file id.*base64/],
      ['the address of a video', 'gemini', { type: 'video_url', video_url: { url: 'https://e.com/a.mp4' } }, /A video/],
      ['an image that cannot be read', 'open', image(inline('image/png', Buffer.alloc(300, 7))), /cannot be measured/],
      [
        'a video that no server of the model documents',
        'open',
        { type: 'video_url', video_url: { url: inline('video/mp4', mp4(1)) } },
        /A video/,
      ],
    ] as const) {
      test(`${what} has no bound`, async () => {
        const refused = await ask(gateway, 'cent', request(model, part));
        if (mode === 'learned') {
          assert.equal(refused.status, 200, refused.text);
          return;
        }
        assert.equal(refused.status, 400, refused.text);
        assert.match(messageOf(refused), reason);
        const { status, text } = await ask(gateway, 'free', request(model, part));
        assert.equal(status, 200, text);
      });
    }

    test('the address of an image has the bound that its provider documents', async () => {
      const { status, text } = await ask(gateway, 'cent', request('gpt', image('https://example.com/a.png')));
      assert.equal(status, 200, text);
    });
  });
}
