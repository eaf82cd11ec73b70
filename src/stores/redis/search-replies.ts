/** Reads what search modules answer. */
import { ErrorReply, MultiErrorReply } from 'redis';

/** A key that was found, with the fields that were asked for. */
interface FoundDocument {
  readonly id: string;
  readonly fields: ReadonlyMap<string, string>;
}

/** Of these the connection learns: it may have to go to another node, or Redis is not ready. */
const OF_CONNECTION = /^(?:MOVED|ASK|CLUSTERDOWN|TRYAGAIN|READONLY|LOADING|MASTERDOWN|NOAUTH|WRONGPASS)\b/;

/** What Redis says against a command, which leaves the connection as it is; undefined if nothing. Rejects for any other reason. */
export async function refusalOf(sent: Promise<unknown>): Promise<string | undefined> {
  try {
    await sent;
    return undefined;
  } catch (error) {
    const said = error instanceof MultiErrorReply ? [...error.errors()][0] : error;
    if (!(said instanceof ErrorReply) || OF_CONNECTION.test(said.message)) throw said ?? error;
    return said.message;
  }
}

/**
 * What `FT.SEARCH` found. RediSearch answers with a map in RESP3, and with a list in RESP2; valkey-search always with a list
 * (https://redis.io/docs/latest/commands/ft.search and https://valkey.io/commands/ft.search, 2026-11-29).
 */
export function documentsOf(reply: unknown, hasFields = true): readonly FoundDocument[] {
  if (Array.isArray(reply)) {
    const [, ...rest] = reply;
    if (!hasFields) return rest.map((id) => ({ id: String(id), fields: new Map() }));
    return rest.flatMap((id, at) => (at % 2 === 0 ? [{ id: String(id), fields: fieldsOf(rest[at + 1]) }] : []));
  }
  const results = memberOf(reply, 'results');
  if (!Array.isArray(results)) return [];
  return results.map((each) => ({
    id: String(memberOf(each, 'id')),
    fields: fieldsOf(memberOf(each, 'extra_attributes')),
  }));
}

function fieldsOf(given: unknown): ReadonlyMap<string, string> {
  if (given instanceof Map) return new Map([...given].map(([name, value]) => [String(name), String(value)]));
  const flat = Array.isArray(given) ? given : typeof given === 'object' ? Object.entries(given ?? {}).flat() : [];
  const fields = new Map<string, string>();
  for (let at = 0; at + 1 < flat.length; at += 2) fields.set(String(flat[at]), String(flat[at + 1]));
  return fields;
}

function memberOf(of: unknown, name: string): unknown {
  if (of instanceof Map) return of.get(name);
  return typeof of === 'object' && of !== null && Object.hasOwn(of, name)
    ? (of as Record<string, unknown>)[name]
    : undefined;
}
