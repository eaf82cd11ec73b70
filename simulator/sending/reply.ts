import type { JsonValue } from '../../src/core/json.ts';
import type { Usage } from '../answering/ask.ts';

/** Which provider's manners a reply has: the shape of errors, the framing of streams. */
export type Family = 'openai' | 'responses' | 'anthropic' | 'gemini';

/** One event of a stream, before it is framed. */
export interface StreamEvent {
  /** The `event:` line, for the formats that have one. */
  readonly name?: string;
  readonly data: string;
  /** How many tokens of the answer it carries. */
  readonly tokens: number;
  /** What it is for: content may be cut off, the closing events say that the answer is whole. */
  readonly part: 'open' | 'content' | 'close' | 'usage' | 'done';
}

/** One thing that is done on the socket. */
export type Step =
  | { readonly do: 'event'; readonly event: StreamEvent }
  | { readonly do: 'bytes'; readonly bytes: Buffer | string; readonly tokens?: number }
  /** Bytes past HTTP's own framing, straight onto the socket. */
  | { readonly do: 'raw'; readonly bytes: Buffer | string }
  | { readonly do: 'wait'; readonly ms: number }
  /** RST. */
  | { readonly do: 'reset' }
  /** FIN, without ending the HTTP message. */
  | { readonly do: 'fin' }
  /** Nothing more, until the client goes. */
  | { readonly do: 'hang' };

/** How events become bytes; the defaults are the provider's own. */
export interface Framing {
  readonly style: 'sse' | 'json-array';
  readonly lineEnd: '\n' | '\r\n' | '\r';
  /** Writes the bytes in pieces of this size. */
  readonly cutEvery?: number;
  readonly byteOrderMark?: boolean;
  readonly comments?: boolean;
  /** Splits the data of each event over several `data:` lines. */
  readonly multiLine?: boolean;
  /** Leaves out the blank line after the last event. */
  readonly noTrailingNewline?: boolean;
  /** Writes `data:{…}` without the optional space. */
  readonly noSpace?: boolean;
  /** Sprinkles `event:`, `id:` and `retry:` fields without any data. */
  readonly emptyEvents?: boolean;
}

/** Everything that will be done for one request. */
export interface Reply {
  readonly family: Family;
  readonly isStream: boolean;
  /** Done before the status line goes out. */
  readonly before: readonly Step[];
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Iterable<Step>;
  readonly framing: Framing;
  readonly usage?: Usage;
  /** What becomes of the connection: closed after the answer, or reset when it is used again. */
  readonly after?: 'close' | 'reset-when-reused';
}

/** The framing that a family's own servers use. Gemini ends its lines with CR LF. */
export function ownFraming(family: Family): Framing {
  return { style: 'sse', lineEnd: family === 'gemini' ? '\r\n' : '\n' };
}

/** A reply of one JSON body. */
export function wholeReply(
  family: Family,
  json: JsonValue,
  more: { status?: number; headers?: Record<string, string | string[]>; usage?: Usage } = {},
): Reply {
  return bodyReply(family, JSON.stringify(json), { ...more, contentType: 'application/json' });
}

/** A reply of one body of any type. */
export function bodyReply(
  family: Family,
  body: string | Buffer,
  more: { status?: number; headers?: Record<string, string | string[]>; usage?: Usage; contentType?: string } = {},
): Reply {
  const { status = 200, headers = {}, usage, contentType = 'text/plain' } = more;
  return {
    family,
    isStream: false,
    before: [],
    status,
    headers: { 'content-type': contentType, 'content-length': String(Buffer.byteLength(body)), ...headers },
    body: [{ do: 'bytes', bytes: body, ...(usage === undefined ? {} : { tokens: usage.completion }) }],
    framing: ownFraming(family),
    ...(usage === undefined ? {} : { usage }),
  };
}

/** A reply of server-sent events. */
export function streamReply(
  family: Family,
  events: readonly StreamEvent[],
  more: { headers?: Record<string, string | string[]>; usage?: Usage; framing?: Framing } = {},
): Reply {
  const framing = more.framing ?? ownFraming(family);
  return {
    family,
    isStream: true,
    before: [],
    status: 200,
    headers: {
      'content-type': framing.style === 'sse' ? 'text/event-stream; charset=utf-8' : 'application/json; charset=UTF-8',
      'cache-control': 'no-cache',
      ...more.headers,
    },
    body: events.map((event) => ({ do: 'event', event })),
    framing,
    ...(more.usage === undefined ? {} : { usage: more.usage }),
  };
}
