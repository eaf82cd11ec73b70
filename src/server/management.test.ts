import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import Fastify, { type FastifyInstance } from 'fastify';
import type { ManagementContext, ManagementRoute } from '../admin/contract.ts';
import { ADMIN } from '../admin/roles.ts';
import { GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { ConflictError, DatabaseUnavailableError } from '../stores/contracts/directory.ts';
import { masterIdentity } from '../tenancy/make-identity.ts';
import { serveManagement } from './management.ts';

const FAILURES: Readonly<Record<string, Error>> = {
  conflict: new ConflictError('alias', 'the alias secret-of-another is taken'),
  away: new DatabaseUnavailableError('unreachable', 'connect ECONNREFUSED db.internal:5432'),
  bug: new Error('a secret in a message'),
};

const echo: ManagementRoute = {
  method: 'POST',
  paths: ['/echo', '/echo/:name'],
  roles: ADMIN,
  summary: 'Answers with what was sent.',
  answer: async ({ body, params, query }) => {
    const failure = FAILURES[params.name ?? ''];
    if (failure !== undefined) throw failure;
    return { body, name: params.name ?? null, q: query.get('q') };
  },
};

let app: FastifyInstance;
let base = '';
let hasContext = true;
const faults: string[] = [];

before(async () => {
  app = Fastify({ logger: false });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  serveManagement(app, {
    routes: [echo],
    context: () => (hasContext ? ({} as ManagementContext) : undefined),
    identify: ({ headers: { authorization } }) => {
      if (authorization !== 'Bearer sk-1') throw new GatewayError('unknown_key', 'Who is this?');
      return masterIdentity('hash');
    },
    onFault: (what) => faults.push(what),
  });
  base = await app.listen({ host: '127.0.0.1', port: 0 });
});
after(() => app.close());

async function post(body: string | Uint8Array<ArrayBuffer>, path = '/echo', headers: Record<string, string> = {}) {
  const response = await fetch(base + path, {
    method: 'POST',
    headers: { authorization: 'Bearer sk-1', 'content-type': 'application/json', ...headers },
    body,
  });
  const answered = (await response.json()) as JsonObject;
  return { status: response.status, headers: response.headers, body: answered, error: answered.error as JsonObject };
}

describe('A management route', () => {
  it('receives body, path and query, and is answered with 200, which no cache keeps', async () => {
    const { status, headers, body } = await post('{"a":1}', '/echo/me?q=%C3%A4');
    assert.equal(status, 200);
    assert.deepEqual(body, { body: { a: 1 }, name: 'me', q: 'ä' });
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.deepEqual((await post('')).body.body, {});
    assert.deepEqual((await post('null')).body.body, {});
  });

  it('refuses what is no JSON object, before anything reads it', async () => {
    for (const body of ['{', '[]', '"x"', '1', '{"a":1}}', new Uint8Array([0x7b, 0xff, 0x7d])]) {
      const { status, error } = await post(body);
      assert.equal(status, 400, String(body));
      assert.equal(error.code, '400');
    }
  });

  it('refuses what could not be stored as it was sent', async () => {
    for (const body of [
      '{"a":"\\u0000"}',
      '{"a\\u0000":1}',
      '{"a":["\\ud800"]}',
      '{"__proto__":{"isAdmin":true}}',
      '{"a":{"__proto__":{}}}',
      `{"a":${'['.repeat(40)}${']'.repeat(40)}}`,
      `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    ]) {
      assert.equal((await post(body)).status, 422, body.slice(0, 40));
    }
    assert.equal(({} as { isAdmin?: boolean }).isAdmin, undefined);
  });

  it('refuses more than a megabyte, and forms', async () => {
    assert.equal((await post(JSON.stringify({ a: 'x'.repeat(1_100_000) }))).status, 413);
    assert.equal((await post('a=1', '/echo', { 'content-type': 'application/x-www-form-urlencoded' })).status, 415);
  });

  it('does not read the body of somebody it does not know', async () => {
    const { status } = await post(`{"a":"${'x'.repeat(900_000)}`, '/echo', { authorization: 'Bearer sk-2' });
    assert.equal(status, 401, 'not 400 for the body');
  });

  it('says what is the caller’s to know of a failure, and tells the operator the rest', async () => {
    const conflict = await post('{}', '/echo/conflict');
    assert.deepEqual([conflict.status, conflict.error.param], [409, 'alias']);
    const away = await post('{}', '/echo/away');
    assert.deepEqual([away.status, away.headers.get('retry-after')], [503, '1']);
    const bug = await post('{}', '/echo/bug');
    assert.equal(bug.status, 500);
    assert.deepEqual(faults, ['POST /echo/:name failed']);
    assert.doesNotMatch(JSON.stringify([conflict.body, away.body, bug.body]), /secret|ECONNREFUSED|db\.internal/);
  });

  it('answers 503 while there is no database', async () => {
    hasContext = false;
    assert.equal((await post('{}')).status, 503);
    hasContext = true;
  });
});
