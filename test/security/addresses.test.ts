/** Where requests go is the operator's to say: no scheme of files, no address of a cloud's credentials, no steps in a model's name. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadText } from '../config/load-text.ts';
import { ask, startMoneyGateway } from '../money/tenants.ts';

const configWith = (apiBase: string, general = ''): string =>
  `${general}model_list:\n  - model_name: m\n    litellm_params: { model: openai/x, api_key: os.environ/K, api_base: ${JSON.stringify(apiBase)} }\n`;
const errorsOf = (text: string): readonly string[] =>
  loadText(text)
    .findings.filter(({ severity }) => severity === 'error')
    .map(({ message }) => message);

const FORBIDDEN = [
  'file:///etc/passwd',
  'ftp://x/',
  'javascript:alert(1)',
  'data:text/plain,x',
  'unix:/var/run/x',
  'not a url',
  '//x/v1',
];
const LINK_LOCAL = [
  'http://169.254.169.254/latest',
  'http://2852039166/',
  'http://0xa9fea9fe/',
  'http://0251.0376.0251.0376/',
  'http://169.254.1/',
  'http://[fe80::1]/',
  'http://[FEBF::1]/',
  'http://[::ffff:169.254.169.254]/',
  'http://169.254.169.254:80@169.254.170.2/',
  'http://[fd00:ec2::254]/',
  'http://100.100.100.200/',
  'http://168.63.129.16/',
  'http://[::ffff:100.100.100.200]/',
];

describe('addresses of providers', () => {
  test('a configuration takes http and https only', () => {
    for (const address of FORBIDDEN)
      assert.match(errorsOf(configWith(address)).join('\n'), /api_base must be/, address);
    for (const address of ['http://127.0.0.1:1/v1', 'https://example.com', 'http://[::1]:8000', 'http://10.0.0.1']) {
      assert.deepEqual(errorsOf(configWith(address)), [], address);
    }
  });

  test('link-local addresses need a switch, however they are spelled', () => {
    for (const address of LINK_LOCAL) {
      assert.match(errorsOf(configWith(address)).join('\n'), /link-local[\s\S]*allow_link_local_api_base/, address);
      assert.deepEqual(
        errorsOf(configWith(address, 'general_settings: { allow_link_local_api_base: true }\n')),
        [],
        address,
      );
    }
  });

  test('models of the API are held to the same', async () => {
    const gateway = await startMoneyGateway({});
    const good = { model: 'openai/x', api_key: 'sk-x', api_base: 'http://127.0.0.1:1' };
    try {
      assert.equal((await gateway.post('/model/new', { model_name: 'good', litellm_params: good })).status, 200);
      for (const address of [...FORBIDDEN, ...LINK_LOCAL]) {
        const response = await gateway.post('/model/new', {
          model_name: 'new',
          litellm_params: { model: 'openai/x', api_key: 'sk-x', api_base: address },
        });
        assert.ok(
          response.status >= 400 && response.status < 500,
          `${address}: ${response.status} ${await response.text()}`,
        );
      }
    } finally {
      await gateway.close();
    }
  });

  test('steps and control characters in a model under a wildcard reach no provider', async () => {
    const params = { api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' };
    const gateway = await startMoneyGateway({
      model_list: ['azure', 'gemini'].flatMap((provider) => [
        { model_name: `${provider}/*`, litellm_params: { model: `${provider}/*`, ...params } },
        { model_name: `${provider}-*`, litellm_params: { model: `${provider}/*`, ...params } },
      ]),
    });
    try {
      for (const provider of ['azure/', 'gemini/', 'azure-', 'gemini-']) {
        for (const name of [
          '..',
          '.',
          '../x',
          'x/..',
          'x/./y',
          'models/..',
          'tunedModels/../x',
          '..\\x',
          'a\nb',
          'a\u0000b',
          'a\u007fb',
        ]) {
          const seen = await ask(gateway, gateway.masterKey, { model: provider + name });
          assert.equal(seen.status, 400, `${provider}${JSON.stringify(name)}: ${seen.text}`);
        }
        await ask(gateway, gateway.masterKey, { model: `${provider}x%2e%2e` });
      }
      for (const { path } of gateway.simulator.requests)
        assert.doesNotMatch(path, /\/\.{1,2}(?:\/|:|$)|%2e%2e(?:\/|$)/i, path);
    } finally {
      await gateway.close();
    }
  });
});
