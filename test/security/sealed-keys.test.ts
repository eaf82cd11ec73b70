/** A provider key in the database goes to the address that it was given for, and nowhere else. */
import assert from 'node:assert/strict';
import { createCipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, afterEach, before, describe, test } from 'node:test';
import { temporaryFolder } from '../cli/sluice-process.ts';
import { MASTER_KEY, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { type SeenCall, startTwoProviders, type TwoProviders } from '../support/two-providers.ts';

const KEY = 'sealed-canary-key-0a1b2c3d';
const OTHER_KEY = 'sealed-canary-key-other-99';
const SALT = 'the salt key of now';

describe('sealed provider keys', { timeout: 180_000 }, () => {
  let providers: TwoProviders;
  let seen: SeenCall[] = [];
  let [home, foreign] = ['', ''];
  let gateway: TestGateway | undefined;

  before(async () => {
    providers = await startTwoProviders();
    ({ home, foreign, seen } = providers);
  });
  after(() => providers.close());
  afterEach(async () => {
    await gateway?.close();
    gateway = undefined;
    seen.length = 0;
  });

  const start = async (dataFolder: string, env: Record<string, string> = { LITELLM_SALT_KEY: SALT }) => {
    gateway = await startTestGateway({ config: 'model_list: []', dataFolder, env });
    return gateway;
  };
  const stop = async (): Promise<string> => {
    const log = (await gateway?.close())?.join('\n') ?? '';
    gateway = undefined;
    return log;
  };
  const manage = async (path: string, body: object): Promise<{ status: number; text: string }> => {
    assert.ok(gateway !== undefined);
    const response = await gateway.post(path, body);
    return { status: response.status, text: await response.text() };
  };
  const add = async (id: string, key = KEY, more: object = {}): Promise<void> => {
    const litellm_params = { model: 'openai/m', api_base: `${home}/v1`, api_key: key, ...more };
    const made = await manage('/model/new', { model_name: id, litellm_params, model_info: { id } });
    assert.equal(made.status, 200, made.text);
  };
  const call = async (model: string): Promise<number> => {
    const { status } = await manage('/v1/chat/completions', { model, messages: [{ role: 'user', content: 'hi' }] });
    return status;
  };
  const leaked = (): readonly string[] =>
    seen.filter(({ url, headers }) => url === foreign && /sealed-canary/.test(headers)).map(({ headers }) => headers);
  type Params = Record<string, unknown>;
  /** Changes rows of the database while no gateway runs, as somebody who can write it would. */
  const edit = (folder: string, change: (rows: Map<string, Params>) => void): void => {
    const database = new DatabaseSync(join(folder, 'sluice.db'));
    const rows = database.prepare('select id, data from models').all() as { id: string; data: string }[];
    const datas = new Map(rows.map(({ id, data }) => [id, JSON.parse(data) as { litellmParams: Params }]));
    const params = new Map([...datas].map(([id, { litellmParams }]) => [id, litellmParams]));
    change(params);
    for (const [id, data] of datas) {
      const text = JSON.stringify({ ...data, litellmParams: params.get(id) });
      database.prepare('update models set data = ? where id = ?').run(text, id);
    }
    database.close();
  };

  test('a change of the address asks for the key again, a change of the path does not', async (t) => {
    await start(temporaryFolder(t));
    await add('m1');
    const update = (litellm_params: object) => manage('/model/update', { model_info: { id: 'm1' }, litellm_params });
    for (const litellm_params of [
      { api_base: foreign },
      { api_base: foreign.replace('http:', 'https:') },
      { api_base: null },
      { api_base: null, base_url: foreign },
      { base_url: foreign },
      { api_base: foreign, organization: 'o' },
    ]) {
      const { status, text } = await update(litellm_params);
      assert.equal(status, 422, `${JSON.stringify(litellm_params)}: ${text}`);
      assert.match(text, /api_key.*send it again/);
    }
    assert.equal((await update({ api_base: `${home}/v2` })).status, 200);
    assert.equal(await call('m1'), 200);
    assert.ok(seen.at(-1)?.headers.includes(KEY));
    assert.deepEqual(leaked(), []);
    assert.equal((await update({ api_base: foreign, api_key: OTHER_KEY })).status, 200);
    assert.equal(await call('m1'), 200);
    assert.equal(leaked().length, 1);
    assert.ok(leaked()[0]?.includes(OTHER_KEY) && !leaked()[0]?.includes(KEY));
    assert.equal((await update({ api_base: home, api_key: null })).status, 200);
  });

  test('every secret of a model is bound, and a model without an address is bound to its provider', async (t) => {
    await start(temporaryFolder(t));
    await add('m2', KEY, { extra_headers: { authorization: `Bearer ${OTHER_KEY}` } });
    const moved = await manage('/model/update', {
      model_info: { id: 'm2' },
      litellm_params: { api_base: foreign, api_key: 'new-key-for-the-new-address' },
    });
    assert.equal(moved.status, 422, moved.text);
    assert.match(moved.text, /extra_headers/);
    const params = { model: 'openai/m', api_key: KEY };
    await manage('/model/new', { model_name: 'm3', litellm_params: params, model_info: { id: 'm3' } });
    for (const litellm_params of [{ model: 'groq/m' }, { custom_llm_provider: 'groq' }, { api_base: foreign }]) {
      const { status } = await manage('/model/update', { model_info: { id: 'm3' }, litellm_params });
      assert.equal(status, 422, JSON.stringify(litellm_params));
    }
    const renamed = { model_info: { id: 'm3' }, litellm_params: { model: 'openai/other' } };
    assert.equal((await manage('/model/update', renamed)).status, 200);
  });

  test('a row that was edited in the database is not unsealed, nor is one with the text of another', async (t) => {
    const folder = temporaryFolder(t);
    await start(folder);
    for (const id of ['edited', 'swapped', 'donor', 'moved', 'untouched'])
      await add(id, id === 'donor' ? OTHER_KEY : KEY);
    await add('field', KEY, { extra_headers: { authorization: 'Bearer x' } });
    await stop();
    edit(folder, (rows) => {
      Object.assign(rows.get('edited') ?? {}, { api_base: foreign });
      Object.assign(rows.get('swapped') ?? {}, { api_key: rows.get('donor')?.api_key });
      Object.assign(rows.get('moved') ?? {}, { api_base: undefined, base_url: foreign });
      Object.assign(rows.get('field') ?? {}, { extra_headers: rows.get('field')?.api_key });
    });
    await start(folder);
    for (const id of ['edited', 'swapped', 'moved', 'field']) assert.equal(await call(id), 400, id);
    assert.equal(await call('untouched'), 200);
    assert.deepEqual(leaked(), []);
    const mended = await manage('/model/update', {
      model_info: { id: 'edited' },
      litellm_params: { api_base: `${home}/v1`, api_key: KEY },
    });
    assert.equal(mended.status, 200, mended.text);
    assert.equal(await call('edited'), 200);
    const log = await stop();
    for (const id of ['edited', 'swapped', 'moved', 'field'])
      assert.match(log, new RegExp(`the model .{1,4}${id}.{1,4} was sealed for another object, field or address`), id);
    assert.ok(!log.includes('sealed-canary'));
  });

  test('what an earlier release sealed is bound at the start; the salt key can be changed', async (t) => {
    const folder = temporaryFolder(t);
    await start(folder, {});
    await add('old');
    await stop();
    const sealedBefore = (text: string): string => {
      const key = Buffer.from(hkdfSync('sha256', MASTER_KEY, 'sluice', 'secrets at rest', 32));
      const id = createHash('sha256').update(key).digest('hex').slice(0, 8);
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, iv);
      cipher.setAAD(Buffer.from(`s1:${id}`));
      const sealed = Buffer.concat([iv, cipher.update(JSON.stringify(text)), cipher.final(), cipher.getAuthTag()]);
      return `s1:${id}:${sealed.toString('base64url')}`;
    };
    edit(folder, (rows) => Object.assign(rows.get('old') ?? {}, { api_key: { $sealed: sealedBefore(KEY) } }));
    const texts = (): string => {
      let found = '';
      edit(folder, (rows) => {
        found = JSON.stringify(rows.get('old'));
      });
      return found;
    };
    await start(folder, { LITELLM_SALT_KEY: 'first salt' });
    assert.equal(await call('old'), 200);
    await stop();
    assert.match(texts(), /"s2:/);
    edit(folder, (rows) => Object.assign(rows.get('old') ?? {}, { api_base: foreign }));
    await start(folder, { LITELLM_SALT_KEY: 'first salt' });
    assert.equal(await call('old'), 400);
    await stop();
    edit(folder, (rows) => Object.assign(rows.get('old') ?? {}, { api_base: `${home}/v1` }));
    await start(folder, { LITELLM_SALT_KEY: 'second salt', LITELLM_SALT_KEY_PREVIOUS: 'zeroth, first salt' });
    assert.equal(await call('old'), 200);
    await stop();
    await start(folder, { LITELLM_SALT_KEY: 'second salt' });
    assert.equal(await call('old'), 200);
    await stop();
    await start(folder, { LITELLM_SALT_KEY: 'third salt' });
    assert.equal(await call('old'), 400);
    assert.match(await stop(), /LITELLM_SALT_KEY_PREVIOUS/);
    assert.deepEqual(leaked(), []);
  });
});
