/** Reads the lines that `try cache` is given. */
import { isJsonObject, type JsonObject, type JsonValue, stringOf } from '../../core/json.ts';

/** A request, and who asks it when. */
export interface Row {
  readonly body: JsonObject;
  /** What the line calls its endpoint. */
  readonly endpoint: string | undefined;
  readonly key: string | undefined;
  readonly team: string | undefined;
  readonly user: string | undefined;
  readonly org: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Seconds since the first line. */
  readonly at: number | undefined;
}

/** What is wrong with a line, in words for who wrote it. */
export class RowError extends Error {
  override readonly name = 'RowError';
}

const MEMBERS = ['body', 'endpoint', 'key', 'team', 'user', 'org', 'headers', 'at'];
const LONGEST_S = 366 * 86_400;

/** A line as a row: a body alone, or an object with a `body`. Throws a `RowError`. */
export function readRow(line: string): Row {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new RowError(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isJsonObject(value))
    throw new RowError('not a JSON object: a line is the body of a request, or an object with a `body`');
  if (value.body === undefined) return { ...NOBODY, body: value };
  const odd = Object.keys(value).find((name) => !MEMBERS.includes(name));
  if (odd !== undefined)
    throw new RowError(`beside \`body\` there may be ${MEMBERS.slice(1).join(', ')}, and no \`${odd}\``);
  if (!isJsonObject(value.body)) throw new RowError('`body` must be an object');
  const text = (name: string): string | undefined => textOf(value[name], name);
  return {
    body: value.body,
    ...{ endpoint: text('endpoint'), key: text('key'), team: text('team'), user: text('user'), org: text('org') },
    headers: headersOf(value.headers),
    at: secondsOf(value.at),
  };
}

const NOBODY: Omit<Row, 'body'> = {
  ...{ endpoint: undefined, key: undefined, team: undefined, user: undefined, org: undefined },
  ...{ headers: {}, at: undefined },
};

function textOf(value: JsonValue | undefined, name: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  const text = stringOf(value);
  if (text === undefined || text === '') throw new RowError(`\`${name}\` must be a text`);
  return text;
}

function headersOf(value: JsonValue | undefined): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  if (!isJsonObject(value)) throw new RowError('`headers` must be an object of texts');
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => {
      if (typeof each !== 'string') throw new RowError('`headers` must be an object of texts');
      return [name.toLowerCase(), each];
    }),
  );
}

function secondsOf(value: JsonValue | undefined): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && value >= 0 && value <= LONGEST_S) return value;
  throw new RowError('`at` must be a number of seconds since the first line, 0 or more');
}
