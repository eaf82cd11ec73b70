/** Rows of `/spend/logs` as LiteLLM's users look for them: by the id in the answer, with metadata and with times that are true. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { DEFAULT_CONFIG } from '../support/default-config.ts';
import { startScripted, whole } from '../support/scripted-upstream.ts';
import { type LiteLlmClient, startProxy, until } from './proxy.ts';

const OTHER_DEPLOYMENT = { api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' };

/** The default configuration, with a group whose first deployment fails at once and whose second takes its time. */
function config(): string {
  const parsed = JSON.parse(DEFAULT_CONFIG) as { model_list: JsonObject[]; router_settings: JsonObject };
  parsed.model_list.push(
    {
      model_name: 'two-tries',
      litellm_params: { model: 'openai/gpt-4o+fault-500', order: 1, ...OTHER_DEPLOYMENT },
    },
    {
      model_name: 'two-tries',
      litellm_params: { model: 'openai/gpt-4o+latency-400-0', order: 2, ...OTHER_DEPLOYMENT },
    },
  );
  return JSON.stringify({ ...parsed, router_settings: { ...parsed.router_settings, num_retries: 2 } });
}

let proxy: LiteLlmClient;
before(async () => {
  proxy = await startProxy({ config: config() });
});
after(() => proxy.close());

/** The rows that a key sees of a request, as soon as there are some. */
async function rowsOf(id: string, key?: string, path = '/spend/logs'): Promise<JsonObject[]> {
  const query = `${path}?request_id=${encodeURIComponent(id)}`;
  const read = async (): Promise<JsonObject[]> => (await proxy.ask('GET', query, undefined, key)).body as never;
  return until(read, (rows) => Array.isArray(rows) && rows.length > 0);
}

const ours = (row: JsonObject | undefined): JsonObject => row?.sluice as JsonObject;

const metadataOf = (row: JsonObject | undefined): JsonObject => row?.metadata as JsonObject;

interface Seen {
  readonly id: string;
  readonly callId: string;
}

let asked = 0;

/** Asks as a client of a format, and reads the id as its library would. */
async function idOf(format: string, model: string, stream: boolean, key: string): Promise<Seen> {
  asked += 1;
  const text = `say: number ${asked}`;
  const messages = [{ role: 'user', content: text }];
  const [path, body, place] = {
    chat: ['/v1/chat/completions', { model, messages, stream }, ['id', 'id']],
    messages: ['/v1/messages', { model, messages, stream, max_tokens: 50 }, ['id', 'message.id']],
    responses: ['/v1/responses', { model, input: text, stream }, ['id', 'response.id']],
    completions: ['/v1/completions', { model, prompt: text, stream }, ['id', 'id']],
    gemini: [
      `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
      { contents: [{ role: 'user', parts: [{ text }] }] },
      ['responseId', 'responseId'],
    ],
  }[format] as [string, JsonObject, [string, string]];
  const response = await proxy.gateway.post(path, body, { authorization: `Bearer ${key}` });
  const sent = await response.text();
  assert.equal(response.status, 200, sent);
  const first = stream ? (/^data: (.*)$/m.exec(sent)?.[1] ?? '') : sent;
  const id = place[stream ? 1 : 0]
    .split('.')
    .reduce<JsonValue>((value, name) => (value as JsonObject)[name] ?? null, JSON.parse(first) as JsonValue);
  assert.ok(typeof id === 'string' && id !== '', first);
  return { id, callId: response.headers.get('x-litellm-call-id') ?? '' };
}

describe('A row of the spend logs', { timeout: 120_000 }, () => {
  for (const [format, relayed, translated] of [
    ['chat', 'gpt-4o', 'claude-sonnet'],
    ['messages', 'claude-sonnet', 'gpt-4o'],
    ['responses', 'gpt-4o', 'claude-sonnet'],
    ['gemini', 'gemini-2.5-pro', 'gpt-4o'],
    ['completions', 'instruct', 'claude-sonnet'],
  ] as const) {
    for (const stream of [false, true]) {
      it(`is found by the id in ${stream ? 'a stream' : 'an answer'} of ${format}, relayed and translated`, async () => {
        const key = await proxy.key();
        for (const model of [relayed, translated]) {
          const { id, callId } = await idOf(format, model, stream, key);
          assert.notEqual(id, callId);
          const [row, ...others] = await rowsOf(id, key);
          assert.deepEqual(others, []);
          assert.deepEqual([row?.request_id, ours(row).call_id, row?.model_group], [id, callId, model]);
          assert.deepEqual(await rowsOf(callId, key), [row], 'the id of the call finds it too');
        }
      });
    }
  }

  it('of another key is not found by the id of its answer', async () => {
    const [mine, theirs] = [await proxy.key({ user_id: 'row-a' }), await proxy.key({ user_id: 'row-b' })];
    const { id } = await idOf('chat', 'gpt-4o', false, mine);
    assert.equal((await rowsOf(id)).length, 1);
    for (const path of ['/spend/logs', '/spend/logs/v2']) {
      const { body } = await proxy.ask('GET', `${path}?request_id=${id}`, undefined, theirs);
      assert.deepEqual(path === '/spend/logs' ? body : body.data, []);
    }
    const { body } = await proxy.ask('GET', `/spend/logs/v2?request_id=${id}`, undefined, mine);
    assert.deepEqual([body.total, (body.data as JsonObject[])[0]?.request_id], [1, id]);
  });

  it('has the times of its own attempt', async () => {
    const { body } = await proxy.chat(proxy.gateway.masterKey, 'two-tries');
    const rows = (await rowsOf(String(body.id))).sort(
      (one, other) => Number(ours(one).attempt) - Number(ours(other).attempt),
    );
    assert.deepEqual(
      rows.map(({ status }) => status),
      ['failure', 'success'],
    );
    const [first, second] = rows as [JsonObject, JsonObject];
    assert.ok(Number(first.request_duration_ms) < 300, `the first failed at once: ${first.request_duration_ms} ms`);
    assert.ok(Number(second.request_duration_ms) >= 390, `the second took its time: ${second.request_duration_ms} ms`);
    const at = (row: JsonObject, name: string): number => Date.parse(String(row[name]));
    for (const row of rows) assert.equal(at(row, 'endTime') - at(row, 'startTime'), row.request_duration_ms);
    assert.ok(at(second, 'startTime') >= at(first, 'endTime') - 1, 'one after the other');
    assert.deepEqual(ours(first).request_started_at, ours(second).request_started_at);
    assert.ok(at(ours(first), 'request_ended_at') >= at(second, 'endTime') - 1);
  });

  it("has LiteLLM's metadata", async () => {
    const organization = await proxy.ok('POST', '/organization/new', { organization_alias: 'Org' });
    const organizationId = String(organization.organization_id);
    const team = await proxy.ok('POST', '/team/new', { team_alias: 'Rowers', organization_id: organizationId });
    const key = await proxy.key({ key_alias: 'oar', team_id: team.team_id ?? '', user_id: 'cox', models: [] });
    const { id } = await idOf('chat', 'gpt-4o', false, key);
    const [row] = await rowsOf(id);
    const { user_api_key, ...metadata } = metadataOf(row);
    assert.equal(user_api_key, row?.api_key);
    assert.deepEqual(metadata, {
      user_api_key_alias: 'oar',
      user_api_key_user_id: 'cox',
      user_api_key_team_id: team.team_id,
      user_api_key_team_alias: 'Rowers',
      user_api_key_org_id: organizationId,
      user_api_key_end_user_id: null,
      user_api_key_request_route: '/v1/chat/completions',
      spend_logs_metadata: null,
      status: 'success',
      error_information: null,
    });
  });

  it('tells of a failure why, in our own words, whatever metadata the client sends', async () => {
    const scripted = await startScripted({ m: 'openai/gpt-4o' });
    try {
      const secret = 'the prompt was: my secret plan, sk-provider-key-1234';
      scripted.script(whole({ error: { message: secret, type: 'invalid_request_error' } }, 400));
      const forged = { error_information: null, status: 'success', user_api_key_team_id: 'theirs', job: 'nightly' };
      const response = await scripted.gateway.post(
        '/v1/chat/completions',
        { model: 'm', messages: [{ role: 'user', content: 'my secret plan' }] },
        {
          authorization: `Bearer ${scripted.gateway.masterKey}`,
          'x-litellm-spend-logs-metadata': JSON.stringify(forged),
        },
      );
      assert.equal(response.status, 400);
      const callId = response.headers.get('x-litellm-call-id') ?? '';
      const read = async () =>
        (await (await scripted.gateway.get(`/spend/logs?request_id=${callId}`)).json()) as JsonObject[];
      const [row] = await until(read, (rows) => rows.length > 0);
      const { error_information, status, user_api_key_team_id, job, spend_logs_metadata } = metadataOf(row);
      assert.deepEqual([status, user_api_key_team_id, job], ['failure', null, 'nightly']);
      assert.deepEqual(spend_logs_metadata, forged);
      const { error_code, error_class, error_message, llm_provider } = error_information as JsonObject;
      assert.deepEqual([error_code, error_class, llm_provider], ['400', 'Openai.BadRequestError', 'openai']);
      assert.match(String(error_message), /^[A-Z].*\.$/);
      assert.doesNotMatch(JSON.stringify(row), /secret plan|sk-provider/);
      assert.equal(row?.request_id, callId, 'without an answer the id of the call is that of the request');
    } finally {
      await scripted.close();
    }
  });

  it('is there for a call that names a model it cannot have, and costs nothing', async () => {
    const team = await proxy.ok('POST', '/team/new', { team_alias: 'Namers' });
    const key = await proxy.key({ team_id: team.team_id ?? '', models: ['gpt-4o'], key_alias: 'namer' });
    const unlimited = await proxy.key({ team_id: team.team_id ?? '' });
    for (const [by, code, status, kind] of [
      [unlimited, 'unknown_model', 400, 'BadRequestError'],
      [key, 'model_denied', 403, 'PermissionDeniedError'],
    ] as const) {
      const refused = await proxy.chat(by, 'no-such-model');
      assert.equal(refused.status, status, JSON.stringify(refused.body));
      const callId = refused.headers.get('x-litellm-call-id') ?? '';
      const [row, ...others] = await rowsOf(callId, by);
      assert.deepEqual(others, []);
      const { request_id, model, spend, total_tokens, team_id } = row as JsonObject;
      assert.deepEqual([request_id, model, spend, total_tokens], [callId, 'no-such-model', 0, 0]);
      assert.equal(team_id, team.team_id);
      assert.equal(ours(row).error, code);
      const { status: told, error_information } = metadataOf(row);
      const { error_code, error_class } = error_information as JsonObject;
      assert.deepEqual([told, error_code, error_class], ['failure', String(status), kind]);
    }
    const { team_info } = await proxy.ok('GET', `/team/info?team_id=${team.team_id}`);
    assert.equal((team_info as JsonObject).spend, 0);
  });

  it('is not there for every such call: a client cannot fill the disk with them', async () => {
    const team = await proxy.ok('POST', '/team/new', { team_alias: 'Flooders' });
    const keys = await Promise.all([1, 2, 3].map(() => proxy.key({ team_id: team.team_id ?? '' })));
    for (let call = 0; call < 75; call += 15) {
      const calls = Array.from({ length: 15 }, (_, at) => proxy.chat(keys[at % 3] ?? '', `none-${call + at}`));
      for (const { status } of await Promise.all(calls)) assert.equal(status, 400);
    }
    const { id } = await idOf('chat', 'gpt-4o', false, keys[0] ?? '');
    // Rows are written in the order of the calls.
    await rowsOf(id);
    const query = `/spend/logs/v2?team_id=${team.team_id}&status_filter=failure`;
    assert.equal((await proxy.ok('GET', query)).total, 60);
    const other = await proxy.chat(await proxy.key(), 'none');
    await rowsOf(other.headers.get('x-litellm-call-id') ?? '');
  });
});
