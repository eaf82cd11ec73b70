/** Hostile input is stored as it is or refused with a reason: nothing fails, and nothing is read as SQL. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { type ManagementServer, spendRow, startManagement } from './sqlite-server.ts';

let server: ManagementServer;
before(async () => {
  server = await startManagement();
  await server.context.ledger.write([spendRow('ivan', { tags: ['a'], customerId: 'c1' }), spendRow('tom')]);
});
after(() => server.close());

/** Texts with what databases, shells, JSON and people trip over. */
const text = fc.oneof(
  fc.constantFrom(
    "' OR '1'='1",
    "'; DROP TABLE keys; --",
    '%',
    '_',
    '\\',
    '"',
    '$1',
    '?',
    '{}',
    '__proto__',
    'constructor',
    'null',
    '\0',
    'a\0b',
    '\ud800',
    '../..',
    '\u202e',
    '😀'.repeat(100),
    'x'.repeat(600),
  ),
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
);

const READS: readonly (readonly [path: string, ...names: string[]])[] = [
  [
    '/spend/logs',
    'api_key',
    'user_id',
    'request_id',
    'start_date',
    'end_date',
    'summarize',
    'team_id',
    'organization_id',
  ],
  [
    '/spend/logs/v2',
    'user_id',
    'model',
    'model_group',
    'end_user',
    'tag',
    'provider',
    'min_spend',
    'page',
    'page_size',
    'sort_by',
    'key_alias',
  ],
  ['/spend/summary', 'group_by', 'start_date', 'limit', 'user_id'],
  ['/spend/tags', 'start_date', 'end_date'],
  ['/global/spend/tags', 'tags', 'start_date'],
  ['/global/spend/report', 'start_date', 'end_date', 'group_by', 'customer_id', 'internal_user_id', 'team_id'],
  ['/global/spend/keys', 'limit'],
  ['/customer/info', 'end_user_id'],
  ['/customer/list', 'page', 'page_size'],
  ['/customer/daily/activity', 'end_user_ids', 'start_date', 'page'],
  ['/tag/daily/activity', 'tags', 'end_date'],
  ['/tag/summary', 'tag_filters', 'start_date'],
  ['/tag/list', 'start_date'],
  ['/organization/info', 'organization_id'],
  ['/organization/list', 'org_id', 'org_alias'],
  ['/organization/daily/activity', 'organization_ids'],
  ['/budget/settings', 'budget_id'],
  ['/audit', 'object_id', 'changed_by', 'action', 'table_name', 'start_date', 'page', 'sort_order'],
];

const WRITES: readonly (readonly [method: string, path: string, ...names: string[]])[] = [
  ['POST', '/customer/new', 'user_id', 'alias', 'budget_id', 'max_budget', 'budget_duration', 'default_model', 'spend'],
  ['POST', '/customer/update', 'user_id', 'alias', 'blocked'],
  ['POST', '/customer/delete', 'user_ids'],
  ['POST', '/customer/block', 'user_ids'],
  ['POST', '/budget/new', 'budget_id', 'max_budget', 'model_max_budget', 'rpm_limit'],
  ['POST', '/budget/info', 'budgets'],
  ['POST', '/budget/delete', 'id'],
  ['POST', '/tag/new', 'name', 'description', 'models', 'model_info'],
  ['POST', '/tag/info', 'names'],
  ['POST', '/tag/delete', 'name'],
  ['POST', '/organization/new', 'organization_id', 'organization_alias', 'models', 'metadata'],
  ['PATCH', '/organization/update', 'organization_id', 'organization_alias'],
  ['POST', '/organization/info', 'organizations'],
  ['POST', '/organization/member_add', 'organization_id', 'member', 'max_budget_in_organization'],
  ['PATCH', '/organization/member_update', 'organization_id', 'user_id', 'role'],
  ['POST', '/model/new', 'model_name', 'litellm_params', 'model_info'],
  ['POST', '/model/update', 'model_name', 'litellm_params', 'model_info'],
  ['POST', '/model/block', 'model_id'],
  ['POST', '/spend/calculate', 'model', 'messages', 'completion_response'],
  ['POST', '/cost/estimate', 'model', 'input_tokens', 'output_tokens'],
  ['POST', '/global/spend/end_users', 'startTime', 'endTime', 'api_key'],
];

const value: fc.Arbitrary<JsonValue> = fc.oneof(
  { weight: 3, arbitrary: text },
  { weight: 1, arbitrary: fc.array(text, { maxLength: 3 }) },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<JsonValue> },
  {
    weight: 1,
    arbitrary: fc.constantFrom<JsonValue>(-1, 1e300, 0.1, 2 ** 53, {}, [], null, true, { model: 'openai/x' }),
  },
);

function answered(status: number, body: JsonValue): void {
  assert.ok([200, 400, 403, 404, 409, 422].includes(status), `${status}: ${JSON.stringify(body)}`);
  if (status === 200) return;
  const { message } = (body as JsonObject).error as JsonObject;
  assert.ok(
    typeof message === 'string' && message.length > 10 && !/sqlite|syntax|SELECT/i.test(message),
    String(message),
  );
}

describe('Hostile requests', { timeout: 60_000 }, () => {
  it('are answered where they read', async () => {
    const reads = fc
      .constantFrom(...READS)
      .chain(([path, ...names]) =>
        fc.tuple(fc.constant(path), fc.uniqueArray(fc.tuple(fc.constantFrom(...names), text), { maxLength: 3 })),
      );
    const who = fc.constantFrom('master', 'olga', 'ivan', 'bare');
    await fc.assert(
      fc.asyncProperty(reads, who, async ([path, query], as) => {
        const { status, body } = await server.get(
          `${path}?${new URLSearchParams(query.map(([name, sent]) => [String(name), sent.toWellFormed()] as [string, string]))}`,
          as,
        );
        answered(status, body);
        // Whatever is asked: a caller gets nothing of others.
        if (status === 200 && (as === 'ivan' || as === 'bare')) assert.ok(!JSON.stringify(body).includes('"tom"'));
      }),
      { numRuns: 600 },
    );
  });

  it('are answered where they write', async () => {
    const writes = fc
      .constantFrom(...WRITES)
      .chain(([method, path, ...names]) =>
        fc.tuple(
          fc.constant(method),
          fc.constant(path),
          fc.dictionary(
            fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: text }),
            value,
            { maxKeys: 4 },
          ),
        ),
      );
    await fc.assert(
      fc.asyncProperty(writes, async ([method, path, body]) => {
        const got = await server.ask(method, path, { body });
        answered(got.status, got.body);
      }),
      { numRuns: 800 },
    );
  });

  it('that are stored come back letter by letter', async () => {
    const storable = text.filter(
      (sent) => sent.isWellFormed() && !sent.includes('\0') && sent.length > 0 && Buffer.byteLength(sent) <= 200,
    );
    await fc.assert(
      fc.asyncProperty(storable, storable, async (id, alias) => {
        const name = `c-${id}`;
        const made = await server.post('/customer/new', { user_id: name, alias });
        if (made.status === 409) return;
        assert.equal(made.status, 200, JSON.stringify(made.body));
        const { body } = await server.get(`/customer/info?${new URLSearchParams({ end_user_id: name })}`);
        assert.deepEqual([(body as JsonObject).user_id, (body as JsonObject).alias], [name, alias]);
      }),
      { numRuns: 100 },
    );
  });

  it('leave everything that was there', async () => {
    const { body } = await server.get('/spend/summary');
    assert.equal(((body as JsonObject).total as JsonObject).attempts, 2);
    assert.equal((await server.get('/spend/logs', 'tom')).status, 200);
    assert.ok((await server.context.directory.get('organization', 'o1')) !== undefined);
  });
});
