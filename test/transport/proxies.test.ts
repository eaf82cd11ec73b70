/** Calls to providers through the proxies that the environment names. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Simulator } from '../../simulator/contract.ts';
import { startSimulator } from '../../simulator/start.ts';
import { makeAuthority, type TestAuthority, type TestCertificate } from '../support/certificates.ts';
import { ONE_ATTEMPT } from '../support/default-config.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { type HttpProxy, startHttpProxy } from '../support/http-proxy.ts';
import { startTlsFront, type TlsFront } from '../support/tls-front.ts';

const SECRET = 'pr%xy-secret-61c2';
let authority: TestAuthority;
let certificate: TestCertificate;
let simulator: Simulator;
let front: TlsFront;

before(async () => {
  authority = makeAuthority();
  certificate = authority.issue('provider');
  simulator = await startSimulator();
  front = await startTlsFront(Number(new URL(simulator.url).port), certificate);
});

after(async () => {
  await front.close();
  await simulator.close();
  authority.remove();
});

/** The simulator's address under a host that only the proxy knows. */
const at = (origin: string): string => origin + new URL(simulator.url).pathname.replace(/\/$/, '');

/** What a proxy that knows `provider.test` is started with: HTTPS behind port 443, HTTP behind port 80. */
const knows = (isSecure: boolean) => ({
  'provider.test': isSecure ? front.port : Number(new URL(simulator.url).port),
});

async function withGateway(
  apiBase: string,
  env: Readonly<Record<string, string>>,
  use: (gateway: TestGateway) => Promise<void>,
): Promise<string[]> {
  const params = { model: 'openai/gpt-4o-mini', api_base: apiBase, api_key: 'os.environ/PROVIDER_KEY' };
  const gateway = await startTestGateway({
    sharedSimulator: simulator,
    env,
    config: JSON.stringify({
      model_list: [{ model_name: 'm', litellm_params: params }],
      router_settings: ONE_ATTEMPT,
      litellm_settings: { ssl_verify: authority.caFile },
      general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
    }),
  });
  let lines: string[] = [];
  try {
    await use(gateway);
  } finally {
    lines = await gateway.close();
  }
  return lines;
}

const ask = (gateway: TestGateway, stream = false) =>
  gateway.post('/v1/chat/completions', { model: 'm', stream, messages: [{ role: 'user', content: 'Hello' }] });

async function assertAnswers(gateway: TestGateway): Promise<void> {
  for (const stream of [false, true, false]) {
    const response = await ask(gateway, stream);
    const text = await response.text();
    assert.equal(response.status, 200, text);
  }
}

for (const variable of ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY']) {
  test(`https through ${variable}: a tunnel, with the credentials of its address, kept for further calls`, async () => {
    const proxy: HttpProxy = await startHttpProxy({ hosts: knows(true), credentials: `user:${SECRET}` });
    const address = `http://user:${encodeURIComponent(SECRET)}@127.0.0.1:${proxy.port}`;
    try {
      const lines = await withGateway(at('https://provider.test'), { [variable]: address }, assertAnswers);
      assert.deepEqual(proxy.asked, ['CONNECT provider.test:443']);
      assert.ok(!lines.some((line) => line.includes(SECRET) || line.includes(encodeURIComponent(SECRET))));
    } finally {
      await proxy.close();
    }
  });
}

for (const variable of ['HTTP_PROXY', 'http_proxy']) {
  test(`http through ${variable}: requests with whole addresses, and the credentials of the proxy's`, async () => {
    const proxy = await startHttpProxy({ hosts: knows(false), credentials: `user:${SECRET}` });
    const address = `http://user:${encodeURIComponent(SECRET)}@127.0.0.1:${proxy.port}`;
    try {
      await withGateway(at('http://provider.test'), { [variable]: address }, assertAnswers);
      assert.equal(proxy.asked.length, 3);
      for (const line of proxy.asked) assert.match(line, /^POST http:\/\/provider\.test\/\S*chat\/completions$/);
    } finally {
      await proxy.close();
    }
  });
}

test('a proxy that is reached by TLS is checked by the same authorities, and serves http and https', async () => {
  for (const isSecure of [true, false]) {
    const proxy = await startHttpProxy({ hosts: knows(isSecure), tls: certificate });
    const address = `https://127.0.0.1:${proxy.port}`;
    try {
      const origin = `${isSecure ? 'https' : 'http'}://provider.test`;
      await withGateway(at(origin), { HTTP_PROXY: address, HTTPS_PROXY: address }, assertAnswers);
      assert.ok(proxy.asked.length > 0);
    } finally {
      await proxy.close();
    }
  }
});

test('hosts in NO_PROXY are called directly: by name, network, port and star', async () => {
  const proxy = await startHttpProxy({ hosts: {} });
  const port = new URL(simulator.url).port;
  const address = `http://127.0.0.1:${proxy.port}`;
  try {
    for (const list of ['127.0.0.0/8', `other.test, 127.0.0.1:${port}`, '*', '127.0.0.1']) {
      for (const name of ['NO_PROXY', 'no_proxy']) {
        await withGateway(simulator.url, { HTTP_PROXY: address, [name]: list }, assertAnswers);
      }
    }
    assert.deepEqual(proxy.asked, []);
    await withGateway(simulator.url, { HTTP_PROXY: address, NO_PROXY: '127.0.0.1:1,10.0.0.0/8' }, async (gateway) => {
      assert.notEqual((await ask(gateway)).status, 200);
    });
    assert.equal(proxy.asked.length, 1);
  } finally {
    await proxy.close();
  }
});

test('a proxy that refuses or is not there is a connection that failed, and says so without the credentials', async () => {
  for (const isSecure of [true, false]) {
    const proxy = await startHttpProxy({ hosts: knows(isSecure), credentials: 'user:other' });
    const scheme = isSecure ? 'https' : 'http';
    const env = { [`${scheme}_proxy`]: `http://user:${encodeURIComponent(SECRET)}@127.0.0.1:${proxy.port}` };
    const lines = await withGateway(at(`${scheme}://provider.test`), env, async (gateway) => {
      const response = await ask(gateway);
      const text = await response.text();
      assert.equal(response.status, 500, text);
      assert.match(text, /APIConnectionError: .*proxy.*407/);
      assert.ok(!text.includes(SECRET));
      await proxy.close();
      assert.equal((await ask(gateway)).status, 500);
    });
    assert.ok(!lines.some((line) => line.includes(SECRET)));
  }
});

test('a proxy of another kind stops the start, and its address is not shown', async () => {
  await assert.rejects(
    withGateway(simulator.url, { HTTPS_PROXY: `socks5://u:${SECRET}@127.0.0.1:1` }, assertAnswers),
    (error) => {
      assert.match(String(error), /HTTPS_PROXY must name a proxy/);
      assert.ok(!String(error).includes(SECRET));
      return true;
    },
  );
});
