/** Which model an answer says it is from: the group that the client asked for, whatever the provider calls its model. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const groups = {
  'prod-claude': 'anthropic/claude-haiku-4-5-20251001',
  'team-gpt': 'openai/gpt-4o',
  'team-gemini': 'gemini/gemini-2.5-pro',
  instruct: 'openai/gpt-3.5-turbo-instruct',
  vectors: 'openai/text-embedding-3-small',
  'google-vectors': 'gemini/gemini-embedding-001',
};
const messages = [{ role: 'user', content: 'say: hello' }];
const modelList = Object.entries({ ...groups, broken: 'openai/gpt-4o-mini', 'openai/*': 'openai/*' }).map(
  ([group, model]) => ({
    model_name: group,
    litellm_params: { model, api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' },
  }),
);

let gateway: TestGateway;
before(async () => {
  gateway = await startTestGateway({
    config: JSON.stringify({
      model_list: modelList,
      router_settings: {
        num_retries: 0,
        fallbacks: [{ broken: ['prod-claude'] }],
        model_group_alias: { house: 'team-gpt' },
      },
      litellm_settings: { drop_params: true },
      general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
    }),
  });
});
after(() => gateway.close());

/** The names in an answer: one for each event that has one. */
async function namesIn(answer: Response): Promise<string[]> {
  assert.equal(answer.status, 200);
  const text = await answer.text();
  if (!answer.headers.get('content-type')?.startsWith('text/event-stream')) {
    return [(JSON.parse(text) as { model: string }).model];
  }
  const events = text.split('\n').filter((line) => line.startsWith('data: {'));
  return events
    .map((line) => JSON.parse(line.slice('data: '.length)) as JsonObject & { message?: { model?: string } })
    .flatMap((event) => event.message?.model ?? (event.choices === undefined ? [] : (event.model as string)));
}

async function assertNamed(path: string, body: JsonObject, expected: string): Promise<void> {
  const names = await namesIn(await gateway.post(path, body));
  assert.ok(names.length > 0);
  assert.deepEqual([...new Set(names)], [expected]);
}

describe('the name of the model in an answer is the name that was asked for', { timeout: 30_000 }, () => {
  for (const model of ['prod-claude', 'team-gpt', 'team-gemini', 'openai/gpt-4.1', 'house']) {
    for (const stream of [false, true]) {
      it(`${model}, ${stream ? 'streamed' : 'whole'}, in chat and in messages`, async () => {
        await assertNamed('/v1/chat/completions', { model, messages, stream }, model);
        await assertNamed('/v1/messages', { model, messages, stream, max_tokens: 2_000 }, model);
      });
    }
  }

  it('in completions and embeddings', async () => {
    for (const stream of [false, true]) {
      await assertNamed('/v1/completions', { model: 'instruct', prompt: 'say: hello', stream }, 'instruct');
      await assertNamed('/v1/completions', { model: 'team-gemini', prompt: 'say: hello', stream }, 'team-gemini');
    }
    await assertNamed('/v1/embeddings', { model: 'vectors', input: 'a' }, 'vectors');
    await assertNamed('/v1/embeddings', { model: 'google-vectors', input: 'a' }, 'google-vectors');
  });

  it('after a fallback it is the name of the group that answered', async () => {
    for (const stream of [false, true]) {
      gateway.simulator.reset();
      gateway.simulator.script({ match: { model: 'gpt-4o-mini' }, fault: 's04' });
      await assertNamed('/v1/chat/completions', { model: 'broken', messages, stream }, 'prod-claude');
      await assertNamed('/v1/messages', { model: 'broken', messages, stream, max_tokens: 2_000 }, 'prod-claude');
    }
  });
});

describe('what the client reads of usage that the provider does not tell in time', { timeout: 30_000 }, () => {
  it('a message stream over another format begins with an estimate of the prompt', async () => {
    const content = 'Tell me about tides and the moon. '.repeat(40);
    const ask = { model: 'team-gpt', max_tokens: 50, stream: true, messages: [{ role: 'user', content }] };
    const text = await (await gateway.post('/v1/messages', ask)).text();
    const usages = [...text.matchAll(/"input_tokens":(\d+)/g)].map(([, count]) => Number(count));
    const [first = 0, last = 0] = [usages[0], usages.at(-1)];
    assert.ok(first > last / 2 && first < last * 2, `${first} estimated, ${last} counted`);
  });

  it('embeddings of a provider that counts nothing have an estimate', async () => {
    const answer = await gateway.post('/v1/embeddings', { model: 'google-vectors', input: 'The tides and the moon.' });
    const { usage } = (await answer.json()) as { usage: { prompt_tokens: number; total_tokens: number } };
    assert.ok(usage.prompt_tokens > 0 && usage.total_tokens === usage.prompt_tokens);
  });
});
