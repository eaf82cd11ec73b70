/** Completions, embeddings and token counts fail as clearly as conversations do. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { TestGateway } from '../support/gateway.ts';
import { onlyLine, readAll, startFaultGateway } from './support.ts';

const FAULTS = [
  'reset-before-headers',
  'reset-after-headers',
  'hang',
  'html-in-200',
  'empty-200',
  'error-in-200',
  'chunked-garbage',
  'gzip-corrupt',
  'gzip-bomb',
  'header-bomb',
  'redirect-307',
  '500',
  '429',
];

const PLACES = [
  ['/v1/completions', 'oai/gpt-3.5-turbo-instruct', { prompt: 'hi' }],
  ['/v1/completions', 'ant/claude-sonnet-4-5', { prompt: 'hi' }],
  ['/v1/embeddings', 'oai/text-embedding-3-small', { input: 'hi' }],
  ['/v1/embeddings', 'gem/gemini-embedding-001', { input: 'hi' }],
  ['/v1/messages/count_tokens', 'ant/claude-sonnet-4-5', { messages: [{ role: 'user', content: 'hi' }] }],
] as const;

describe('other endpoints', { concurrency: 4, timeout: 60_000 }, () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startFaultGateway();
  });
  after(() => gateway.close());

  for (const fault of FAULTS) {
    for (const [path, model, body] of PLACES) {
      test(`${fault} at ${path} over ${model}`, async () => {
        const response = await gateway.post(path, { model: `${model}+fault-${fault}`, ...body });
        const { text, isBroken } = await readAll(response);
        assert.equal(isBroken, false);
        assert.ok(response.status >= 400, `${response.status} ${text}`);
        const form = path.includes('messages') ? /^\{"type":"error","error":\{/ : /^\{"error":\{"message":"/;
        assert.match(text, form);
        const line = await onlyLine(gateway, response.headers.get('x-litellm-call-id') ?? '');
        assert.match(String(line.error), /^upstream_/);
        assert.equal(line.outcome, 'failure');
      });
    }
  }

  test('a completion that is cut in the middle of its stream ends with an error and without its end mark', async () => {
    for (const fault of ['reset-after-5-of-40', 'end-after-5-of-40', 'stall-after-5']) {
      for (const model of ['oai/gpt-3.5-turbo-instruct', 'ant/claude-sonnet-4-5']) {
        const body = { model: `${model}+fault-${fault}`, prompt: 'hi', stream: true, max_tokens: 100 };
        const { text, isBroken } = await readAll(await gateway.post('/v1/completions', body));
        assert.equal(isBroken, false);
        assert.match(text, /"error":\{"message"/);
        assert.doesNotMatch(text, /\[DONE\]|"finish_reason":\s*"stop"/);
      }
    }
  });
});
