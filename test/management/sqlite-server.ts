/** The management API over a database in memory, with people in two organisations who must not see one another. */
import Fastify from 'fastify';
import type { ManagementContext } from '../../src/admin/contract.ts';
import { withDeclared } from '../../src/admin/declared-directory.ts';
import { MANAGEMENT_ROUTES } from '../../src/admin/routes.ts';
import { GatewayError } from '../../src/core/errors.ts';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { serveManagement } from '../../src/server/management.ts';
import type { Database } from '../../src/stores/contracts/database.ts';
import type { AuditEntry, Kinds, User } from '../../src/stores/contracts/directory.ts';
import type { LedgerRow } from '../../src/stores/contracts/ledger.ts';
import { MemoryClaims } from '../../src/stores/memory/claims.ts';
import type { DatabaseOptions } from '../../src/stores/sql/database-options.ts';
import { SqlLedger } from '../../src/stores/sql/ledger/sql-ledger.ts';
import { openSqliteDatabase } from '../../src/stores/sqlite/sqlite-database.ts';
import { readDeclared } from '../../src/tenancy/declared.ts';
import { hashKey } from '../../src/tenancy/hash-key.ts';
import type { Identity } from '../../src/tenancy/identity.ts';
import { MASTER_KEY_HASH, makeIdentity, masterIdentity } from '../../src/tenancy/make-identity.ts';
import { Tenants } from '../../src/tenancy/tenants.ts';
import { configOf } from '../config/load-text.ts';

/** Noon, so that an hour either way is the same day. */
export const NOW_MS = Date.parse('2026-03-10T12:00:00Z');
export const MASTER_KEY = 'sk-master-of-the-test-0123456789';

/** The clear text of a provider's key, which no caller may see. */
export const PROVIDER_SECRET = 'provider-secret-canary-7f3a';

export const CONFIG = `
model_list:
  - model_name: gpt-4o
    litellm_params: { model: openai/gpt-4o, api_key: ${PROVIDER_SECRET} }
    model_info: { id: from-file }
router_settings:
  provider_budget_config:
    openai: { budget_limit: 100, time_period: 1d }
`;

export interface Answered {
  readonly status: number;
  readonly body: JsonValue;
}

/** A running API, and what it stands on. */
export interface ManagementServer {
  readonly context: ManagementContext;
  /** How often the models were reloaded. */
  readonly reloads: () => number;
  /** Whose a key is, as requests see it. */
  readonly identityOf: (key: string) => Promise<Identity | undefined>;
  /** Lets time pass. */
  readonly pass: (ms: number) => void;
  /** Gets the changes of models in place of the pipeline. */
  ask(method: string, path: string, options?: { readonly as?: string; readonly body?: JsonValue }): Promise<Answered>;
  get(path: string, as?: string): Promise<Answered>;
  post(path: string, body: JsonValue, as?: string): Promise<Answered>;
  close(): Promise<void>;
}

/** The key of a person in `PEOPLE`; a key is returned as it is. */
export function keyOf(name: string): string {
  if (name.startsWith('sk-')) return name;
  return name === 'master' ? MASTER_KEY : `sk-key-of-${name}-0123456789`;
}

/** Everybody who asks in tests: `bare` is a key without a user. */
export const PEOPLE = {
  paul: { role: 'proxy_admin' },
  pia: { role: 'proxy_admin_viewer' },
  olga: { role: 'internal_user', administersOrganization: 'o1' },
  otto: { role: 'internal_user', administersOrganization: 'o2' },
  tina: { role: 'internal_user', team: 't1', administersTeam: true },
  tom: { role: 'internal_user', team: 't2', administersTeam: true },
  ivan: { role: 'internal_user', team: 't1' },
  vera: { role: 'internal_user_viewer' },
  bare: {},
} as const satisfies Record<
  string,
  {
    readonly role?: User['role'];
    readonly administersOrganization?: string;
    readonly team?: string;
    readonly administersTeam?: boolean;
  }
>;
export type Person = keyof typeof PEOPLE;

/** Opens a database for a test: SQLite in memory, unless it asks for another. */
export type OpenDatabase = (options: DatabaseOptions) => Promise<Database>;

export async function startManagement(
  config = CONFIG,
  open: OpenDatabase = (options) => openSqliteDatabase({ path: ':memory:', ...options }),
): Promise<ManagementServer> {
  let passedMs = 0;
  const clock = { nowMs: () => NOW_MS + passedMs, monotonicMs: () => performance.now() };
  let tenants: Tenants | undefined;
  const database = await open({
    makeLedger: (connection) => new SqlLedger(connection),
    onChanged: (changed) => tenants?.forget(changed),
  });
  const { directory, ledger } = database;
  const loaded = configOf(config);
  const declared = readDeclared(loaded);
  tenants = new Tenants({ directory, clock, declared });
  const claims = new MemoryClaims({
    clock,
    seed: (account, { startsAtMs, endsAtMs }) => ledger.spent(account, startsAtMs, endsAtMs),
  });
  let reloads = 0;
  const context: ManagementContext = {
    clock,
    config: () => loaded,
    directory: withDeclared(directory, () => declared),
    ledger,
    claims,
    cachedAnswers: undefined,
    compressedOriginals: undefined,
    declared: () => ({
      keys: [...declared.keys.values()].map((key) => makeIdentity({ key, from: 'file' })),
    }),
    modelGroups: () => ['gpt-4o'],
    checkModel: (entry) => {
      const params = entry.litellm_params as JsonObject | undefined;
      return typeof params?.model === 'string' && params.model.includes('/')
        ? []
        : ['litellm_params.model names no provider.'];
    },
    credentials: () => new Map(),
    reloadModels: async () => {
      reloads += 1;
    },
    seal: (text) => `sealed:${Buffer.from(text).toString('base64')}`,
    unseal: (sealed) => Buffer.from(sealed.slice('sealed:'.length), 'base64').toString(),
    priceOf: (model, { inputTokens, outputTokens }) =>
      model === 'gpt-4o'
        ? {
            total: BigInt(inputTokens) * 2_500_000n + BigInt(outputTokens) * 10_000_000n,
            cachedInput: 0n,
            cacheWrite: 0n,
            reasoning: 0n,
          }
        : undefined,
    countTokens: async (text) => Math.ceil(text.length / 4),
    masterKeyHash: hashKey(MASTER_KEY),
  };
  const app = Fastify({ logger: false, routerOptions: { maxParamLength: 512 } });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  const faults: unknown[] = [];
  serveManagement(app, {
    routes: MANAGEMENT_ROUTES,
    context: () => context,
    identify: async ({ headers: { authorization } }) => {
      const key = String(authorization ?? '').replace(/^Bearer /, '');
      if (key === MASTER_KEY) return masterIdentity(hashKey(MASTER_KEY));
      const identity = await tenants.identity(hashKey(key));
      if (identity === undefined) throw new GatewayError('unknown_key', 'No such key exists.');
      return identity;
    },
    onFault: (what, error) => faults.push(`${what}: ${String(error)}`),
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  const base = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
  const ask: ManagementServer['ask'] = async (method, path, { as = 'master', body } = {}) => {
    const response = await fetch(base + path, {
      method,
      headers: {
        authorization: `Bearer ${keyOf(as)}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answered = { status: response.status, body: await bodyOf(response) };
    if (answered.status === 500) throw new Error(`${method} ${path} failed: ${faults.join('; ')}`);
    return answered;
  };
  await populate(context);
  return {
    context,
    reloads: () => reloads,
    identityOf: async (key) => await tenants.identity(hashKey(key)),
    pass: (ms) => {
      passedMs += ms;
    },
    ask,
    get: (path, as) => ask('GET', path, as === undefined ? {} : { as }),
    post: (path, body, as) => ask('POST', path, { body, ...(as !== undefined && { as }) }),
    async close() {
      await app.close();
      await claims.close();
      await database.close();
    },
  };
}

const stored = { createdAtMs: NOW_MS - 90 * 86_400_000, updatedAtMs: NOW_MS, metadata: {}, further: {} };

const made = (objectId: string): AuditEntry => ({
  id: `made-${objectId}`,
  atMs: stored.createdAtMs,
  changedBy: 'the-test',
  keyHash: MASTER_KEY_HASH,
  action: 'created',
  table: 'LiteLLM_Test',
  objectId,
});

async function populate({ directory }: ManagementContext): Promise<void> {
  const make = async <Kind extends keyof Kinds>(kind: Kind, id: string, value: Kinds[Kind]) =>
    directory.create(kind, value, made(`${kind}-${id}`));
  for (const id of ['o1', 'o2']) {
    await make('organization', id, { id, alias: `Org ${id}`, models: [], blocked: false, ...stored });
  }
  for (const [id, organizationId] of [
    ['t1', 'o1'],
    ['t2', 'o2'],
  ] as const) {
    const team = {
      id,
      alias: `Team ${id}`,
      organizationId,
      models: [],
      blocked: false,
      memberPermissions: [],
      ...stored,
    };
    await make('team', id, team);
  }
  for (const [name, person] of Object.entries(PEOPLE)) {
    const { role, team, administersTeam, administersOrganization } = person as (typeof PEOPLE)[Person] & {
      readonly role?: User['role'];
      readonly team?: string;
      readonly administersTeam?: boolean;
      readonly administersOrganization?: string;
    };
    if (role !== undefined) {
      await make('user', name, { id: name, email: `${name}@example.com`, role, models: [], blocked: false, ...stored });
    }
    const createdAtMs = stored.createdAtMs;
    if (team !== undefined) {
      const member = {
        teamId: team,
        userId: name,
        role: administersTeam === true ? ('admin' as const) : ('user' as const),
      };
      await directory.putTeamMember({ ...member, createdAtMs }, made(`member-${name}`));
    }
    if (administersOrganization !== undefined) {
      const member = { organizationId: administersOrganization, userId: name, role: 'org_admin' as const };
      await directory.putOrganizationMember({ ...member, createdAtMs }, made(`organization-member-${name}`));
    }
    const key = keyOf(name);
    await make('key', name, {
      hash: hashKey(key),
      name: `sk-...${key.slice(-4)}`,
      alias: `key of ${name}`,
      ...(role !== undefined && { userId: name }),
      ...(team !== undefined && { teamId: team }),
      models: [],
      blocked: false,
      keyType: 'default',
      rotationCount: 0,
      ...stored,
    });
  }
}

let rows = 0;

/** A row of the ledger for somebody's request. */
export function spendRow(person: Person, changes: Partial<LedgerRow> = {}): LedgerRow {
  rows += 1;
  const callId = changes.callId ?? `call-${rows}`;
  const { team } = PEOPLE[person] as { readonly team?: 't1' | 't2' };
  const organizationId = team === undefined ? undefined : { t1: 'o1', t2: 'o2' }[team];
  const keyHash = hashKey(keyOf(person));
  return {
    attemptId: `${callId}/${changes.attempt ?? 0}`,
    callId,
    attempt: 0,
    startedAtMs: NOW_MS - 3_600_000,
    endedAtMs: NOW_MS - 3_600_000 + 1_500,
    firstByteAtMs: NOW_MS - 3_600_000 + 200,
    keyHash,
    keyAlias: `key of ${person}`,
    ...(person !== 'bare' && { userId: person }),
    ...(team !== undefined && { teamId: team }),
    ...(organizationId !== undefined && { organizationId }),
    tags: [],
    route: '/v1/chat/completions',
    callType: 'acompletion',
    stream: false,
    requestedModel: 'gpt-4o',
    modelGroup: 'gpt-4o',
    servedGroup: 'gpt-4o',
    deploymentId: 'from-file',
    provider: 'openai',
    model: 'gpt-4o-2024-08-06',
    apiBase: 'https://api.openai.com/v1',
    status: 'success',
    httpStatus: 200,
    inputTokens: 1_000,
    outputTokens: 200,
    isEstimated: false,
    cost: 4_500_000_000n,
    requestedCost: 6_000_000_000n,
    hold: 9_000_000_000n,
    price: { source: 'openai 2026-01-01', rates: { input: '0.0000025', output: '0.00001' } },
    accounts: [
      `key:${keyHash}`,
      ...(person === 'bare' ? [] : [`user:${person}`]),
      ...(team === undefined ? [] : [`team:${team}`]),
      ...(organizationId === undefined ? [] : [`organization:${organizationId}`]),
      'platform',
    ],
    ...changes,
  };
}

/** An export is a text. */
async function bodyOf(response: Response): Promise<JsonValue> {
  const text = await response.text();
  return response.headers.get('content-type') === 'application/json' ? (JSON.parse(text) as JsonValue) : text;
}
