/** A gateway with objects and spend, to be exported; and databases that are compared table by table. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { MASTER_KEY } from '../cli/simulated-config.ts';
import { type Ended, runSluice, SluiceProcess } from '../cli/sluice-process.ts';
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts';

/** A machine: a folder, a configuration, and the environment that the gateway runs in. */
export interface Machine {
  readonly cwd: string;
  readonly config: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Makes one; without an address its database is the SQLite file in its data folder. */
export function machineIn(
  parent: string,
  name: string,
  {
    simulatorUrl,
    databaseUrl,
    env = {},
    further = {},
  }: {
    readonly simulatorUrl: string;
    readonly databaseUrl?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly further?: Readonly<Record<string, unknown>>;
  },
): Machine {
  const cwd = join(parent, name);
  mkdirSync(cwd);
  const config = join(cwd, 'config.yaml');
  const params = { model: 'openai/gpt-4o', api_base: simulatorUrl, api_key: 'os.environ/SIMULATOR_KEY' };
  const general = { master_key: 'os.environ/TEST_MASTER_KEY', ...(databaseUrl && { database_url: databaseUrl }) };
  const file = {
    model_list: [{ model_name: 'gpt-4o', litellm_params: params }],
    general_settings: general,
    litellm_settings: { cache: true, cache_params: { type: 'local', mode: 'default_off' } },
    ...further,
  };
  writeFileSync(config, JSON.stringify(file));
  return { cwd, config, env: { TEST_MASTER_KEY: MASTER_KEY, SIMULATOR_KEY: 'any', ...env } };
}

/** Runs a command on a machine. */
export function runOn(context: TestContext, machine: Machine, ...args: readonly string[]): Promise<Ended> {
  return runSluice(context, { cwd: machine.cwd, args: [...args, '-c', machine.config], env: machine.env });
}

/** Serves until `use` is over, and ends as a person would end it. */
export async function serving(
  context: TestContext,
  { cwd, config, env }: Machine,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const args = ['--config', config, '--host', '127.0.0.1', '--port', '0'];
  const sluice = new SluiceProcess(context, { cwd, args, env });
  await use(await sluice.url());
  sluice.kill('SIGINT');
  assert.equal((await sluice.ended).code, 0);
}

/** Calls the management API as the administrator. */
export async function manage(url: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const response = await fetch(url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  assert.equal(response.status, 200, `${path}: ${text}`);
  return JSON.parse(text) as Record<string, unknown>;
}

/** Asks a model. */
export function ask(url: string, key: string, model: string, more: Record<string, unknown> = {}): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'say: hello' }], max_tokens: 20, ...more }),
  });
}

const CACHED = { 'use-cache': true };

/** Makes one object of each kind, spends, and saves. */
export async function fill(url: string, simulatorUrl: string): Promise<void> {
  await manage(url, '/budget/new', { budget_id: 'b1', max_budget: 3, budget_duration: '30d' });
  await manage(url, '/organization/new', { organization_id: 'o1', organization_alias: 'Acme', max_budget: 100 });
  await manage(url, '/user/new', {
    user_id: 'anna',
    user_email: 'Anna@Example.com',
    max_budget: 50,
    auto_create_key: false,
  });
  await manage(url, '/team/new', { team_id: 't1', team_alias: 'Research', organization_id: 'o1', max_budget: 10 });
  await manage(url, '/team/member_add', {
    team_id: 't1',
    member: { user_id: 'anna', role: 'user' },
    max_budget_in_team: 4,
  });
  await manage(url, '/organization/member_add', {
    organization_id: 'o1',
    member: { user_id: 'anna', role: 'internal_user' },
  });
  await manage(url, '/customer/new', { user_id: 'customer-1', budget_id: 'b1' });
  await manage(url, '/tag/new', { name: 'lab', description: 'The laboratory' });
  await manage(url, '/model/new', {
    model_name: 'stored-model',
    litellm_params: { model: 'openai/gpt-4o', api_base: simulatorUrl, api_key: 'secret-of-the-provider' },
    model_info: { id: 'm1' },
  });
  await manage(url, '/credentials', {
    credential_name: 'east',
    credential_values: { api_base: simulatorUrl, api_key: 'secret-of-the-credential' },
    credential_info: { custom_llm_provider: 'openai' },
    display_name: 'The east',
  });
  await manage(url, '/model/new', {
    model_name: 'model-of-east',
    litellm_params: { model: 'openai/gpt-4o', litellm_credential_name: 'east' },
    model_info: { id: 'm2' },
  });
  const key = (more: object): Promise<unknown> => manage(url, '/key/generate', { models: [], ...more });
  await key({
    key: ANNA,
    key_alias: 'anna-laptop',
    user_id: 'anna',
    team_id: 't1',
    max_budget: 20,
    budget_duration: '30d',
  });
  await key({ key: TIGHT, max_budget: 1, budget_duration: '1mo', metadata: { tags: ['lab'] } });
  await key({ key: RESET, max_budget: 5, model_max_budget: { 'gpt-4o': { budget_limit: 2, time_period: '1d' } } });
  for (const [who, model, more] of [
    [ANNA, 'gpt-4o', { user: 'customer-1', cache: CACHED }],
    // Answered from the cache: it costs nothing, and is saved.
    [ANNA, 'gpt-4o', { user: 'customer-1', cache: CACHED }],
    [ANNA, 'stored-model', {}],
    [TIGHT, 'gpt-4o', {}],
    [RESET, 'gpt-4o', {}],
  ] as const) {
    const answer = await ask(url, who, model, more);
    assert.equal(answer.status, 200, `${model}: ${await answer.text()}`);
  }
}

/** Keys that `fill` makes. */
export const ANNA = 'sk-anna-0123456789abcdef';
export const TIGHT = 'sk-tight-0123456789abcdef';
export const RESET = 'sk-reset-0123456789abcdef';

const OBJECTS = ['organizations', 'teams', 'users', 'customers', 'keys', 'budgets', 'tags', 'credentials', 'models'];
const MEMBERS = ['team_members', 'organization_members'];
const SUMS = [
  'account_spend',
  'account_totals',
  'account_resets',
  'daily_activity',
  'daily_tag_activity',
  'daily_savings',
];
const LEDGER = ['ledger', 'ledger_tags', 'ledger_ids', 'audit'];

/** Every table that moves, and those that move only with the ledger. */
export const TABLES = { always: [...OBJECTS, ...MEMBERS, ...SUMS], withLedger: LEDGER } as const;

/** The rows of tables, each as a text, in an order of their own. */
export type Rows = Readonly<Record<string, readonly string[]>>;

/** A row as text; of JSON the order of its members says nothing. */
const textOf = (row: object): string =>
  JSON.stringify(
    Object.entries(row).map(([name, value]) => [
      name,
      value === null ? null : name === 'data' ? sorted(JSON.parse(String(value))) : String(value),
    ]),
  );

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, member]) => [name, sorted(member)] as const)
      .sort(([left], [right]) => (left < right ? -1 : 1)),
  );
}

/** Rows of an SQLite file. */
export function rowsOfSqlite(path: string, tables: readonly string[]): Rows {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return Object.fromEntries(
      tables.map((table) => {
        const statement = database.prepare(`select * from ${table}`);
        statement.setReadBigInts(true);
        return [table, statement.all().map(textOf).sort()];
      }),
    );
  } finally {
    database.close();
  }
}

/** Rows of a Postgres database. */
export async function rowsOfPostgres(url: string, tables: readonly string[]): Promise<Rows> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const all: Record<string, string[]> = {};
    for (const table of tables) {
      const { rows } = await client.query<object>(`select * from ${table}`);
      all[table] = rows.map(textOf).sort();
    }
    return all;
  } finally {
    await client.end();
  }
}

/** Fails if tables differ, or are empty although they should not be. */
export function assertSameRows(got: Rows, wanted: Rows, mayBeEmpty: readonly string[] = []): void {
  for (const [table, rows] of Object.entries(wanted)) {
    assert.ok(rows.length > 0 || mayBeEmpty.includes(table), `${table} is empty`);
    const there = new Set(got[table]);
    const missing = rows.find((row) => !there.has(row));
    assert.equal(missing, undefined, `${table} lacks a row`);
    assert.equal(got[table]?.length, rows.length, table);
  }
}

/** What an account spent in all, exactly. */
export function totalIn(rows: Rows, account: string): bigint {
  for (const text of rows.account_totals ?? []) {
    const row = Object.fromEntries(JSON.parse(text) as [string, string][]);
    if (row.account === account) return BigInt(row.cost_micro ?? 0) * 1_000_000n + BigInt(row.cost_pico ?? 0);
  }
  return 0n;
}

/** A Postgres for the tests of a file; without a schema that they need there is none. */
export function postgresOfFile(skip: string | false = false): Pick<TestPostgres, 'makeDatabase'> {
  let postgres: TestPostgres | undefined;
  before(async () => {
    if (skip === false) postgres = await startTestPostgres();
  });
  after(() => postgres?.close());
  return {
    makeDatabase() {
      if (postgres === undefined) throw new Error('the tests of this file are skipped');
      return postgres.makeDatabase();
    },
  };
}

/** Imports until so many things are recorded in the database, and is killed then. */
export async function killedAt(
  context: TestContext,
  { cwd, config, env }: Machine,
  from: readonly string[],
  databaseUrl: string,
  entries: number,
): Promise<void> {
  const sluice = new SluiceProcess(context, { cwd, env, args: ['import', ...from, '-c', config, '--apply'] });
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    for (;;) {
      const { rows } = await client
        .query('select count(*)::int as done from import_entries')
        .catch(() => ({ rows: [] }));
      if ((rows[0]?.done ?? 0) >= entries) break;
      await wait(5);
    }
  } finally {
    await client.end();
  }
  sluice.kill('SIGKILL');
  assert.equal((await sluice.ended).signal, 'SIGKILL');
}
