/**
 * What a management route takes, as schemas for the OpenAPI document: its handler runs on requests made for this and what it reads is
 * noted. It runs over a directory without objects, of which nothing can be changed, and stops at the first thing that it would do.
 */
import type { GatewayConfig } from '../config/gateway-config.ts';
import { GatewayError } from '../core/errors.ts';
import { type JsonObject, type JsonValue, setMember } from '../core/json.ts';
import { ownValue } from '../core/own-value.ts';
import { masterIdentity } from '../tenancy/make-identity.ts';
import { type ManagementCall, type ManagementContext, type ManagementRoute, ROLES } from './contract.ts';
import { NotedQuery, notedBody, ReadingNotes } from './reading-notes.ts';

/** What a route reads of a request. */
interface RequestDescription {
  /** A JSON schema; undefined if the route reads no body. */
  readonly body: JsonObject | undefined;
  readonly query: readonly {
    readonly name: string;
    readonly isRequired: boolean;
    readonly schema: JsonObject;
  }[];
}

/** Thrown where a handler would act. */
class WouldAct extends Error {}

/** No request has more required fields. */
const MOST_REQUIRED = 20;

/** Runs the route's handler on requests made for this. */
export async function describeRequest(route: ManagementRoute): Promise<RequestDescription> {
  const body = new ReadingNotes();
  const query = new ReadingNotes();
  const sample: Record<string, JsonValue> = {};
  const asked: Record<string, string> = {};
  for (let round = 0; round < MOST_REQUIRED; round += 1) {
    const missing = missingIn(await run(route, { ...sample }, body, asked, query));
    if (missing === undefined || !add(missing, { body, sample, query, asked })) break;
  }
  await runWithObjects(route, { body, sample, query, asked });
  return {
    body: body.schemas.size === 0 ? undefined : schemaOf(body),
    query: [...query.schemas].map(([name, schema]) => ({ name, schema, isRequired: query.required.has(name) })),
  };
}

interface Requests {
  readonly body: ReadingNotes;
  readonly sample: Record<string, JsonValue>;
  readonly query: ReadingNotes;
  readonly asked: Record<string, string>;
}

/** Once more with every field that holds objects: what is read of these is noted as well. */
async function runWithObjects(route: ManagementRoute, { body, sample, query, asked }: Requests): Promise<void> {
  const whole = { ...sample };
  for (const [name, schema] of body.schemas) {
    const value = holdsObjects(schema) ? sampleOf(body, name) : undefined;
    if (value !== undefined) setMember(whole, name, value);
  }
  for (let round = 0; round < MOST_REQUIRED; round += 1) {
    const error = await run(route, { ...whole }, body, asked, query);
    const missing = missingIn(error) ?? '';
    const [, outer = '', inner = ''] = /^(\w+)(?:\[\d+\])?\.(\w+)$/.exec(missing) ?? [];
    if (!body.schemas.has(outer) || !addTo(body.inner(outer), inner, whole[outer], missing, error)) return;
  }
}

/** Adds a field to the objects of a sample; false if that changes nothing. */
function addTo(
  notes: ReadingNotes,
  name: string,
  value: JsonValue | undefined,
  path: string,
  error: GatewayError | undefined,
): boolean {
  const object = (Array.isArray(value) ? value[0] : value) as Record<string, JsonValue> | undefined;
  if (object === undefined || !notes.schemas.has(name) || ownValue(object, name) !== undefined) return false;
  setMember(object, name, sampleOf(notes, name) ?? 'sample');
  if (isPlainlyRequired(error, path)) notes.required.add(name);
  return true;
}

function add(missing: string, { body, sample, query, asked }: Requests): boolean {
  if (body.schemas.has(missing) && sample[missing] === undefined) {
    sample[missing] = sampleOf(body, missing) ?? 'sample';
    return true;
  }
  if (!query.schemas.has(missing) || asked[missing] !== undefined) return false;
  asked[missing] = 'sample';
  return true;
}

/** Runs the handler; gives the refusal of a field. */
async function run(
  route: ManagementRoute,
  sent: JsonObject,
  body: ReadingNotes,
  asked: Readonly<Record<string, string>>,
  query: ReadingNotes,
): Promise<GatewayError | undefined> {
  const names = [...route.paths[0].matchAll(/:(\w+)|\*/g)].map(([whole, name]) => name ?? whole);
  const call: ManagementCall = {
    context: CONTEXT,
    caller: masterIdentity('hash'),
    roles: new Set(ROLES),
    params: Object.fromEntries(names.map((name) => [name, 'sample'])),
    query: new NotedQuery(asked, query),
    body: notedBody(sent, body),
    headers: {},
    ignore: () => undefined,
  };
  try {
    await route.answer(call);
  } catch (error) {
    if (!(error instanceof GatewayError)) {
      if (error instanceof WouldAct) return undefined;
      throw error;
    }
    const { param = '' } = error.facts;
    if (body.schemas.has(param) && isPlainlyRequired(error, param)) body.required.add(param);
    if (query.schemas.has(param) && isPlainlyRequired(error, param)) query.required.add(param);
    return error;
  }
  return undefined;
}

const missingIn = (error: GatewayError | undefined): string | undefined =>
  error?.code === 'invalid_field' ? error.facts.param : undefined;

/** Whether the field itself has to be there, and not one of two. */
function isPlainlyRequired(error: GatewayError | undefined, path: string): boolean {
  const told = error?.code === 'invalid_field' ? error.message : '';
  return told.startsWith(`\`${path}\` is required`) || told.startsWith(`\`${path}\` must have 1 to `);
}

function holdsObjects(schema: JsonObject): boolean {
  const text = JSON.stringify(schema);
  return text.includes('"items":{"type":"object"}') || text.includes('{"type":"object"}') || isPlainObject(schema);
}

function isPlainObject({ type, additionalProperties }: JsonObject): boolean {
  return Array.isArray(type) && type[0] === 'object' && additionalProperties === undefined;
}

/** A value that a field takes. */
function sampleOf(notes: ReadingNotes, name: string): JsonValue | undefined {
  const schema = notes.schemas.get(name) ?? {};
  if (isPlainObject(schema)) return notedBody({}, notes.inner(name));
  if (holdsObjects(schema)) return [notedBody({}, notes.inner(name))];
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const [type = 'string'] = Array.isArray(schema.type) ? schema.type : [schema.type];
  if (type === 'array') return ['sample'];
  if (type === 'boolean') return true;
  return type === 'integer' || type === 'number' ? 1 : 'sample';
}

/** The schema of an object with what was noted of it. */
function schemaOf(notes: ReadingNotes): JsonObject {
  const properties = [...notes.schemas].map(([name, schema]): [string, JsonObject] => {
    const isRequired = notes.required.has(name);
    return [name, withInner(isRequired ? withoutNull(schema) : schema, notes.inner(name))];
  });
  const required = [...notes.required];
  return { type: 'object', ...(required.length > 0 && { required }), properties: Object.fromEntries(properties) };
}

/** The schema of a field with that of the objects in it. */
function withInner(schema: JsonObject, inner: ReadingNotes): JsonObject {
  if (inner.schemas.size === 0) return schema;
  const object = schemaOf(inner);
  const filled = (some: JsonValue): JsonValue => {
    if (Array.isArray(some)) return some.map(filled);
    if (typeof some !== 'object' || some === null) return some;
    if (some.type === 'object' && Object.keys(some).length === 1) return object;
    return Object.fromEntries(Object.entries(some).map(([name, value]) => [name, filled(value ?? null)]));
  };
  return isPlainObject(schema) ? { ...object, type: schema.type ?? 'object' } : (filled(schema) as JsonObject);
}

function withoutNull(schema: JsonObject): JsonObject {
  const { type, enum: values } = schema;
  return {
    ...schema,
    ...(Array.isArray(type) && { type: type[0] ?? 'string' }),
    ...(Array.isArray(values) && { enum: values.filter((value) => value !== null) }),
  };
}

const nothing = async (): Promise<undefined> => undefined;
const none = async (): Promise<never[]> => [];
const zero = async (): Promise<number> => 0;
const wouldAct = (): never => {
  throw new WouldAct();
};

/** An object whose members are those that are given, and of which every other one, once called, ends the run. */
function onlyReading<Whole extends object>(members: Readonly<Record<string, unknown>>): Whole {
  return new Proxy(members, {
    get: (all, name) => (typeof name === 'string' && Object.hasOwn(all, name) ? all[name] : wouldAct),
  }) as Whole;
}

/** A gateway without configuration: what a request takes does not depend on one. */
const CONFIG = {
  management: {
    defaultKeyParams: {},
    upperboundKeyParams: {},
    defaultTeamParams: {},
    defaultUserParams: {},
    keyGeneration: {},
  },
  budgets: { providers: {} },
  deployments: [],
  credentials: [],
  waiting: [],
} as unknown as GatewayConfig;

const FACTS = { scope: 'key', namespace: '', ttlMs: 0, longestTtlMs: 0, isOnByDefault: true, operations: [] };

const CONTEXT = onlyReading<ManagementContext>({
  clock: { nowMs: () => 0, monotonicMs: () => 0 },
  config: () => CONFIG,
  directory: onlyReading<ManagementContext['directory']>({
    get: nothing,
    auditEntry: nothing,
    teamMember: nothing,
    getMany: none,
    list: none,
    audit: none,
    teamMembers: none,
    teamsOf: none,
    organizationsOf: none,
    organizationMembers: none,
    count: zero,
    countAudit: zero,
  }),
  ledger: onlyReading<ManagementContext['ledger']>({ activity: none, find: none, count: zero }),
  claims: onlyReading<ManagementContext['claims']>({}),
  declared: () => ({ keys: [] }),
  modelGroups: () => [],
  credentials: () => new Map(),
  checkModel: () => [],
  priceOf: () => undefined,
  countTokens: zero,
  cachedAnswers: onlyReading<NonNullable<ManagementContext['cachedAnswers']>>({
    facts: FACTS,
    scopeOf: () => undefined,
  }),
  compressedOriginals: undefined,
  masterKeyHash: 'hash',
});
