/** Runs a command on objects of the running gateway. */
import { createHash } from 'node:crypto';
import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject, type JsonValue, objectsOf, setMember } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';
import { type Answer, type Ask, asker } from '../ask-running.ts';
import { readArguments, UsageError } from '../read-arguments.ts';
import { renderSummary, type SpendSummary } from '../render-spend.ts';
import { renderTable } from '../render-table.ts';
import { readServedFacts } from '../served-facts.ts';
import { writeError, writeOut } from '../terminal.ts';
import type { FieldFlag, Resource } from './resources.ts';
import type { GivenFlags, Verb } from './verbs.ts';

const PAGE = 100;
const USUAL_LIMIT = 1_000;

/** The gateway answered with an error. */
class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

/** Runs it; resolves to the exit code. */
export async function runVerb(
  resource: Resource,
  verb: Verb,
  words: readonly string[],
  flags: GivenFlags,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const ask = await askerOf(flags, env);
  try {
    const shown = await answerTo(resource, verb, words, flags, ask);
    writeOut(flags.json === true ? `${JSON.stringify(shown.json, null, 2)}\n` : shown.text);
    return 0;
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    writeError(`${error.message}\n`);
    return 1;
  }
}

async function askerOf(flags: GivenFlags, env: NodeJS.ProcessEnv): Promise<Ask> {
  const given = (name: string, value: GivenFlags[string]): readonly string[] =>
    (Array.isArray(value) ? value : [value]).flatMap((each) => (typeof each === 'string' ? [`--${name}`, each] : []));
  const args = readArguments(
    [
      ...given('config', flags.config),
      ...given('host', flags.host),
      ...given('port', flags.port),
      ...given('ssl_certfile_path', flags.sslCertfilePath),
    ],
    env,
  );
  return asker(args, env, await readServedFacts(args, env));
}

interface Shown {
  readonly text: string;
  readonly json: JsonValue;
}

async function answerTo(
  resource: Resource,
  verb: Verb,
  words: readonly string[],
  flags: GivenFlags,
  ask: Ask,
): Promise<Shown> {
  if (verb === 'list') return await list(resource, flags, ask);
  if (verb === 'make') return made(resource, await post(ask, resource.make, bodyOf(resource, flags)));
  if (verb === 'spend') return await spend(resource, flags, ask);
  const ids = await Promise.all(words.map((word) => idOf(resource, word, ask)));
  const [id = ''] = ids;
  switch (verb) {
    case 'show': {
      const found = await find(resource, id, ask);
      return { text: renderFields(found), json: found };
    }
    case 'change': {
      const body = bodyOf(resource, flags);
      setPath(body, resource.change.field, id);
      const json = await post(ask, resource.change.path, body);
      return { text: `Changed ${resource.one} ${id}.\n`, json };
    }
    case 'rotate': {
      const grace = typeof flags.grace === 'string' ? flags.grace : undefined;
      return made(resource, await post(ask, '/key/regenerate', defined({ key: id, grace_period: grace })));
    }
    case 'block':
    case 'unblock': {
      const { path, body } = resource.block ?? {};
      if (path === undefined || body === undefined) throw new UsageError(`${resource.name} cannot be blocked.`);
      const json = await post(ask, path(verb), body(id, verb === 'block'));
      return { text: `${verb === 'block' ? 'Blocked' : 'Unblocked'} ${resource.one} ${id}.\n`, json };
    }
    case 'delete': {
      const { path, field, isList } = resource.remove;
      const answers: JsonValue[] = [];
      if (isList) answers.push(await post(ask, path, { [field]: [...ids] }));
      else for (const each of ids) answers.push(await post(ask, path, { [field]: each }));
      return { text: ids.map((each) => `Deleted ${resource.one} ${each}.\n`).join(''), json: answers };
    }
  }
}

/** The text of a new key stands alone in a line, to be copied. */
function made({ one, id }: Resource, answer: JsonValue): Shown {
  const object = isJsonObject(answer) ? answer : {};
  const secret = typeof object.key === 'string' ? object.key : undefined;
  const name = valueAt(object, id) ?? valueAt(object, 'model_id') ?? '';
  const text =
    secret === undefined
      ? `Made ${one} ${String(name)}.\n`
      : `Made ${one === 'user' ? `user ${String(name)} with a key` : 'a key'}, which is not shown again:\n${secret}\n`;
  return { text, json: answer };
}

async function list(resource: Resource, flags: GivenFlags, ask: Ask): Promise<Shown> {
  const limit = flags.limit === undefined ? USUAL_LIMIT : Number(flags.limit);
  if (!Number.isSafeInteger(limit) || limit < 1) throw new UsageError('--limit must be a whole number, 1 or more.');
  const { path, member, sizeName } = resource.list;
  const all: JsonObject[] = [];
  let isWhole = true;
  for (let page = 1; ; page++) {
    const size = sizeName === undefined ? '' : `${path.includes('?') ? '&' : '?'}${sizeName}=${PAGE}&page=${page}`;
    const answer = checked(await ask(path + size));
    const found = objectsOf(isJsonObject(answer) && member !== undefined ? answer[member] : answer);
    all.push(...found);
    if (sizeName === undefined || found.length < PAGE) break;
    if (all.length >= limit) {
      isWhole = false;
      break;
    }
  }
  const shown = all.slice(0, limit);
  if (shown.length < all.length) isWhole = false;
  const { columns, name } = resource;
  const rows = shown.map((object) =>
    columns.map(({ members }) =>
      cellOf(members.map((each) => valueAt(object, each)).find((value) => (value ?? null) !== null)),
    ),
  );
  const table = renderTable(
    columns.map(({ head }) => head),
    rows,
    columns.map(({ align = 'left' }) => align),
  );
  const more = isWhole ? '' : `The first ${shown.length}; more with --limit.\n`;
  return { text: shown.length === 0 ? `There are no ${name}.\n` : table + more, json: shown };
}

async function spend({ spendBy = '' }: Resource, { from, to }: GivenFlags, ask: Ask): Promise<Shown> {
  const query = new URLSearchParams({
    group_by: spendBy,
    ...(typeof from === 'string' && { start_date: from }),
    ...(typeof to === 'string' && { end_date: to }),
  });
  const summary = checked(await ask(`/spend/summary?${query}`));
  return { text: renderSummary(summary as unknown as SpendSummary), json: summary };
}

/** One object: by its own route, or out of the list. */
async function find(resource: Resource, id: string, ask: Ask): Promise<JsonObject> {
  const { show } = resource;
  if (show !== undefined) {
    const answer = checked(await ask(`${show.path}?${new URLSearchParams({ [show.query]: id })}`));
    const object = isJsonObject(answer) && show.member !== undefined ? answer[show.member] : answer;
    return isJsonObject(object) ? object : {};
  }
  const answer = checked(await ask(resource.list.path));
  const all = objectsOf(
    isJsonObject(answer) && resource.list.member !== undefined ? answer[resource.list.member] : answer,
  );
  const found = all.find((object) => valueAt(object, resource.id) === id);
  if (found === undefined) throw new RefusedError(`There is no ${resource.one} ${id}.`);
  return found;
}

/** The id that a word stands for. Of keys only hashes are sent: addresses are logged on the way. */
async function idOf({ name }: Resource, word: string, ask: Ask): Promise<string> {
  if (name !== 'keys' || /^[0-9a-f]{64}$/.test(word)) return word;
  if (word.startsWith('sk-')) return createHash('sha256').update(word).digest('hex');
  const answer = checked(await ask(`/key/list?${new URLSearchParams({ key_alias: word })}`));
  const [hash] = isJsonObject(answer) && Array.isArray(answer.keys) ? answer.keys : [];
  if (typeof hash !== 'string') throw new RefusedError(`There is no key with the alias ${word}.`);
  return hash;
}

async function post(ask: Ask, path: string, body: JsonObject): Promise<JsonValue> {
  const headers = { 'content-type': 'application/json' };
  return checked(await ask(path, { method: 'POST', headers, body: JSON.stringify(body) }));
}

function checked({ status, text, body }: Answer): JsonValue {
  if (status === 200 && body !== undefined) return body as JsonValue;
  const { error } = (body ?? {}) as { readonly error?: { readonly message?: unknown } };
  const message = typeof error?.message === 'string' ? error.message : text.slice(0, 500);
  throw new RefusedError(`The gateway answered with status ${status}: ${message}`);
}

function bodyOf({ fields }: Resource, flags: GivenFlags): JsonObject {
  const body: JsonObject = {};
  for (const flag of fields) {
    const value = ownValue(flags, nameOf(flag));
    if (typeof value === 'string') setPath(body, flag.field, readValue(flag, value));
  }
  for (const pair of Array.isArray(flags.set) ? flags.set : []) {
    const at = pair.indexOf('=');
    if (at < 1) throw new UsageError(`--set takes field=value, not ${JSON.stringify(pair)}.`);
    setPath(body, pair.slice(0, at), jsonOrText(pair.slice(at + 1)));
  }
  return body;
}

/** `--max-budget <usd>` is `maxBudget`. */
function nameOf({ flags }: FieldFlag): string {
  const [, name = ''] = /^--([\w-]+)/.exec(flags) ?? [];
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function readValue({ as = 'text', flags }: FieldFlag, value: string): JsonValue {
  if (as === 'list')
    return value
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== '');
  if (as === 'text') return value;
  const number = value.trim() === '' ? Number.NaN : Number(value);
  if (!Number.isFinite(number))
    throw new UsageError(`${flags.split(' ', 1)[0]} must be a number, not ${JSON.stringify(value)}.`);
  return number;
}

function jsonOrText(value: string): JsonValue {
  try {
    return JSON.parse(value) as JsonValue;
  } catch {
    // Not JSON: it is a text as it stands.
    return value;
  }
}

function setPath(body: JsonObject, path: string, value: JsonValue): void {
  const [first = '', ...rest] = path.split('.');
  if (rest.length === 0) {
    setMember(body, first, value);
    return;
  }
  const inner = ownValue(body, first);
  const next = isJsonObject(inner) ? inner : {};
  setMember(body, first, next);
  setPath(next, rest.join('.'), value);
}

function valueAt(object: JsonObject, path: string): JsonValue | undefined {
  let value: JsonValue | undefined = object;
  for (const name of path.split('.')) value = isJsonObject(value) ? ownValue(value, name) : undefined;
  return value;
}

function cellOf(value: JsonValue | undefined): string {
  if (value === undefined || value === null || value === false) return '';
  if (value === true) return 'yes';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** An object's fields that say something, one in each line. */
function renderFields(object: JsonObject): string {
  const rows = Object.entries(object)
    .filter(([, value]) => cellOf(value) !== '' && cellOf(value) !== '{}' && cellOf(value) !== '[]')
    .map(([name, value]) => [name, cellOf(value)]);
  return renderTable(['field', 'value'], rows, ['left', 'left']);
}
