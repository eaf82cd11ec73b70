/** Azure deployments that are called with tokens of Microsoft Entra ID, from an authority in the test. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const SECRET = 'canary-client-secret-5b1c';

interface Asked {
  readonly path: string;
  readonly form: URLSearchParams;
}

/** An authority that numbers its tokens. */
async function startAuthority() {
  const asked: Asked[] = [];
  const state = { lifetimeS: 3_600, status: 200, delayMs: 0 };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    asked.push({ path: request.url ?? '', form: new URLSearchParams(Buffer.concat(chunks).toString()) });
    const number = asked.length;
    await wait(state.delayMs);
    response.writeHead(state.status, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(
        state.status === 200
          ? { token_type: 'Bearer', expires_in: state.lifetimeS, access_token: `token-${number}` }
          : { error: 'invalid_client', error_description: `AADSTS7000215: the secret ${SECRET} of app is wrong` },
      ),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, state };
}

const config = (params: string): string => `
model_list:
  - model_name: gpt
    litellm_params: { model: azure/house, api_base: "$\{SIMULATOR_URL}", ${params} }
    model_info: { base_model: gpt-4o }
router_settings: { num_retries: 0, disable_cooldowns: true }
general_settings: { master_key: os.environ/TEST_MASTER_KEY }
`;

const APPLICATION = 'tenant_id: contoso, client_id: app-1, client_secret: os.environ/APP_SECRET';

async function ask(gateway: TestGateway, stream = false): Promise<{ status: number; text: string }> {
  const messages = [{ role: 'user', content: 'Hello' }];
  const response = await gateway.post('/v1/chat/completions', { model: 'gpt', messages, stream });
  return { status: response.status, text: await response.text() };
}

const credentialsOf = ({ simulator }: TestGateway) =>
  simulator.requests.map(({ headers }) => headers.authorization ?? headers['api-key']);

async function withGateway(
  params: string,
  env: Readonly<Record<string, string>>,
  run: (gateway: TestGateway) => Promise<void>,
): Promise<string[]> {
  const gateway = await startTestGateway({ config: config(params), env: { APP_SECRET: SECRET, ...env } });
  try {
    await run(gateway);
  } finally {
    await gateway.close();
  }
  return [];
}

test('an application of the file fetches one token for all requests, whatever keys the environment has', async () => {
  const authority = await startAuthority();
  authority.state.delayMs = 50;
  const env = { AZURE_AUTHORITY_HOST: authority.url, AZURE_API_KEY: 'not-this-one' };
  await withGateway(APPLICATION, env, async (gateway) => {
    const answers = await Promise.all([1, 2, 3, 4, 5].map((each) => ask(gateway, each % 2 === 0)));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200, 200],
    );
    await ask(gateway);
    assert.deepEqual(new Set(credentialsOf(gateway)), new Set(['Bearer token-1']));
    assert.equal(authority.asked.length, 1, 'one fetch');
    assert.equal(authority.asked[0]?.path, '/contoso/oauth2/v2.0/token');
    assert.deepEqual(Object.fromEntries(authority.asked[0]?.form ?? []), {
      client_id: 'app-1',
      scope: 'https://cognitiveservices.azure.com/.default',
      grant_type: 'client_credentials',
      client_secret: SECRET,
    });
  });
});

test('a token is renewed before it ends while the old one serves, and one that has ended is not sent', async () => {
  const authority = await startAuthority();
  authority.state.lifetimeS = 2;
  await withGateway(APPLICATION, { AZURE_AUTHORITY_HOST: authority.url }, async (gateway) => {
    await ask(gateway);
    await wait(1_650);
    authority.state.delayMs = 100;
    await ask(gateway);
    assert.deepEqual(credentialsOf(gateway), ['Bearer token-1', 'Bearer token-1'], 'not waited for');
    await wait(150);
    await ask(gateway);
    assert.equal(credentialsOf(gateway).at(-1), 'Bearer token-2');
    await wait(2_100);
    await ask(gateway);
    assert.equal(credentialsOf(gateway).at(-1), 'Bearer token-3');
  });
});

test('a token that the provider refuses before its end is dropped, but not one that is new', async () => {
  const authority = await startAuthority();
  await withGateway(APPLICATION, { AZURE_AUTHORITY_HOST: authority.url }, async (gateway) => {
    const refuseOnce = () =>
      gateway.simulator.script({
        times: 1,
        reply: { status: 401, json: { error: { message: 'Expired', code: '401' } } },
      });
    refuseOnce();
    assert.equal((await ask(gateway)).status, 401);
    assert.equal((await ask(gateway)).status, 200);
    assert.deepEqual(credentialsOf(gateway), ['Bearer token-1', 'Bearer token-1'], 'a new one is kept');
    await wait(2_100);
    refuseOnce();
    assert.equal((await ask(gateway)).status, 401);
    assert.equal((await ask(gateway)).status, 200);
    assert.deepEqual(credentialsOf(gateway).slice(2), ['Bearer token-1', 'Bearer token-2']);
    assert.equal(authority.asked.length, 2);
  });
});

test('an authority that refuses is an error of authentication that names no secret, and is left alone for a moment', async () => {
  const authority = await startAuthority();
  authority.state.status = 401;
  await withGateway(APPLICATION, { AZURE_AUTHORITY_HOST: authority.url }, async (gateway) => {
    const { status, text } = await ask(gateway);
    assert.equal(status, 401);
    assert.match(text, /Microsoft Entra ID.*answered 401 \(invalid_client\)/);
    assert.doesNotMatch(text, /canary|AADSTS/);
    await ask(gateway);
    assert.equal(authority.asked.length, 1);
    assert.equal(gateway.simulator.requests.length, 0);
    assert.doesNotMatch((await gateway.logLines()).join('\n'), /canary/);
    authority.state.status = 200;
    await wait(2_100);
    assert.equal((await ask(gateway)).status, 200);
  });
});

test('an authority that is not there is a failure of the connection', async () => {
  await withGateway(APPLICATION, { AZURE_AUTHORITY_HOST: 'http://127.0.0.1:1' }, async (gateway) => {
    const { status, text } = await ask(gateway);
    assert.equal(status, 500);
    assert.match(text, /APIConnectionError.*Microsoft Entra ID/);
  });
});

test('a token that is configured goes as it is, a key of the file before everything, and the environment fills the rest', async () => {
  const authority = await startAuthority();
  const application = {
    AZURE_AUTHORITY_HOST: authority.url,
    AZURE_TENANT_ID: 'fabrikam',
    AZURE_CLIENT_ID: 'app-2',
    AZURE_CLIENT_SECRET: SECRET,
  };
  const credentialWith = async (params: string, env: Readonly<Record<string, string>>) => {
    let seen: readonly (string | string[] | undefined)[] = [];
    await withGateway(params, env, async (gateway) => {
      await ask(gateway);
      seen = credentialsOf(gateway);
    });
    return seen[0];
  };
  assert.equal(await credentialWith('azure_ad_token: os.environ/T', { T: 'plain' }), 'Bearer plain');
  assert.equal(await credentialWith('api_key: os.environ/K', { K: 'k-1', ...application }), 'k-1');
  assert.equal(await credentialWith('timeout: 5', { AZURE_API_KEY: 'k-2', ...application }), 'k-2');
  assert.equal(await credentialWith('timeout: 5', application), 'Bearer token-1');
  assert.equal(authority.asked[0]?.path, '/fabrikam/oauth2/v2.0/token');
  const user = 'tenant_id: t, client_id: c, azure_username: u, azure_password: os.environ/W, azure_scope: a/.default';
  assert.equal(await credentialWith(user, { AZURE_AUTHORITY_HOST: authority.url, W: 'w' }), 'Bearer token-2');
  assert.deepEqual(Object.fromEntries(authority.asked[1]?.form ?? []), {
    client_id: 'c',
    scope: 'a/.default',
    grant_type: 'password',
    username: 'u',
    password: 'w',
  });
});
