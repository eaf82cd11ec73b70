/** The one place that knows undici: connections to providers, their timeouts, and how a call is aborted. */
import type { Transform } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { CallPermit } from './call-permit.ts';
import { ConnectionReuse, type Sending, type Sent } from './connection-reuse.ts';
import { ProxyError } from './connector.ts';
import { createDecoder } from './decode.ts';
import { AddressError, type AddressRules, guardedLookup } from './guarded-lookup.ts';
import { Pools } from './pools.ts';
import { Proxies } from './proxies.ts';
import { type CallTimeouts, type TimeoutKind, TimeoutWatch, type Watched } from './timeouts.ts';
import { TlsFileError, type TlsSettings } from './tls-files.ts';
import { errors as undiciErrors } from './undici.ts';
import type { UpstreamOptions } from './upstream-options.ts';

export type UpstreamHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Why a call ended without a whole answer. */
type FaultKind =
  | 'dns'
  | 'connect'
  | 'connect-timeout'
  | 'tls'
  | 'reset'
  | 'first-byte-timeout'
  | 'idle-timeout'
  | 'total-timeout'
  | 'slow-client'
  | 'too-large'
  | 'malformed'
  | 'aborted';

export interface UpstreamFault {
  readonly kind: FaultKind;
  /** What happened, for the log: names no host, no key. */
  readonly detail: string;
}

/** Takes the head of one answer. */
export interface AnswerListener {
  /** The call has a connection, and its bytes go to the provider next; false: it may not be sent. Called again if it is sent again. */
  onSent?(): boolean;
  /** Returns what takes the rest of the answer, which hears every fault from then on. */
  onHead(status: number, headers: UpstreamHeaders): BodyListener;
  /**
   * The kept connection was dead, so the provider has not read the call. Returns whether to send it again, on a fresh
   * connection; without it the call fails.
   */
  onUnread?(): boolean;
  /** There will be no answer. */
  onFault(fault: UpstreamFault): void;
}

/** Takes the body of one answer. Exactly one of `onEnd` and `onFault` is called, last. */
export interface BodyListener {
  onData(chunk: Buffer): void;
  /**
   * Nothing has come for some seconds, in the middle of the answer. Aborting the call then calls `onFault`, as at any
   * time.
   */
  onQuiet?(): void;
  onEnd(): void;
  onFault(fault: UpstreamFault): void;
}

interface UpstreamCall {
  readonly method: 'POST' | 'GET' | 'PUT';
  readonly origin: string;
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: Uint8Array | null;
  readonly timeouts: CallTimeouts;
  /** The largest answer that is read, decoded, in bytes. */
  readonly maxResponseBytes: number;
  /** TLS settings other than those of all calls. */
  readonly tls?: TlsSettings | undefined;
}

const MAX_INFORMATIONAL_ANSWERS = 20;
const PROXY_REFUSED = 407;

/** Connections to every provider, kept alive and shared by all requests. */
export class Upstream {
  readonly #pools: Pools;
  readonly #proxies: Proxies | undefined;
  readonly #watch: TimeoutWatch;
  readonly #reuse: ConnectionReuse;
  readonly #rules: AddressRules;

  constructor(given: UpstreamOptions) {
    const {
      clock,
      connectTimeoutMs,
      maxConnectionsPerOrigin = 10_000,
      proxies,
      tls,
      mayBeLinkLocal = false,
      isIpv4Only,
    } = given;
    this.#rules = { mayBeLinkLocal };
    this.#watch = new TimeoutWatch(clock);
    this.#reuse = new ConnectionReuse(clock);
    this.#proxies = proxies && new Proxies(proxies);
    const lookup = guardedLookup(this.#rules, given.lookup);
    const options = {
      connectTimeoutMs,
      maxConnectionsPerOrigin,
      proxies: this.#proxies,
      reuse: this.#reuse,
      lookup,
      isIpv4Only,
    };
    this.#pools = new Pools(options, tls);
  }

  /** Takes over other TLS settings for calls without any of their own, and certificates that were changed in their files. */
  configure({ tls, mayBeLinkLocal = false }: Pick<UpstreamOptions, 'tls' | 'mayBeLinkLocal'>): void {
    this.#rules.mayBeLinkLocal = mayBeLinkLocal;
    this.#pools.configure(tls);
  }

  /** Sends the call that was permitted. Every end reaches the listener; throws only for a permit that was used before. */
  send(permit: CallPermit, call: UpstreamCall, listener: AnswerListener): Flight {
    permit.use();
    const flight = new Flight(call, listener, this.#watch, this.#reuse, () => this.#dispatch(call, flight, true));
    this.#watch.add(flight);
    this.#dispatch(call, flight, false);
    return flight;
  }

  /** Closes idle connections and ends what is under way. */
  async close(): Promise<void> {
    this.#reuse.close();
    await this.#pools.destroy();
  }

  #dispatch(call: UpstreamCall, flight: Flight, onFreshConnection: boolean): void {
    try {
      const { origin } = call;
      const pool = this.#pools.of(call.tls);
      const proxy = this.#proxies?.forwarding(origin);
      const authorization = proxy?.authorization;
      (onFreshConnection ? pool.fresh : pool.kept).dispatch(
        {
          origin,
          path: proxy === undefined ? call.path : origin + call.path,
          method: call.method,
          headers: (authorization === undefined
            ? call.headers
            : [...call.headers, 'proxy-authorization', authorization]) as string[],
          body: call.body,
          ...(onFreshConnection && { reset: true }),
        },
        flight,
      );
    } catch (error) {
      flight.onResponseError(undefined, error instanceof Error ? error : new Error(String(error)));
    }
  }
}

/** One call on its way. */
export class Flight implements Dispatcher.DispatchHandler, Watched, Sending {
  readonly timeouts: CallTimeouts;
  slot = -1;
  hasFirstByte = false;
  hasHead = false;
  sawActivity = false;
  isPaused = false;
  watchStartedMs = 0;
  watchLastActivityMs = 0;
  wasToldQuiet = false;
  sent: Sent | undefined;

  readonly #listener: AnswerListener;
  readonly #watch: TimeoutWatch;
  readonly #reuse: ConnectionReuse;
  readonly #sendAgain: () => void;
  readonly #maxResponseBytes: number;
  #controller: Dispatcher.DispatchController | undefined;
  #body: BodyListener | undefined;
  #decoder: Transform | undefined;
  #receivedBytes = 0;
  #informational = 0;
  #wasSentAgain = false;
  #wasUnread = false;
  #isOver = false;

  constructor(
    call: UpstreamCall,
    listener: AnswerListener,
    watch: TimeoutWatch,
    reuse: ConnectionReuse,
    sendAgain: () => void,
  ) {
    this.timeouts = call.timeouts;
    this.#maxResponseBytes = call.maxResponseBytes;
    this.#listener = listener;
    this.#watch = watch;
    this.#reuse = reuse;
    this.#sendAgain = sendAgain;
  }

  /** Whether it reached a connection; before that the provider knows nothing of it. */
  get wasSent(): boolean {
    return this.#controller !== undefined;
  }

  /** Whether the provider may have read it and begun to work, which it may bill. */
  get mayHaveBeenRead(): boolean {
    return this.wasSent && !this.#wasUnread;
  }

  /** Ends the call now; its listener gets the fault `aborted`. */
  abort(detail: string): void {
    this.#fail({ kind: 'aborted', detail });
  }

  /** The content of the answer has begun: the limit between two pieces holds now, no longer the one for the first. */
  contentBegan(): void {
    this.hasFirstByte = true;
  }

  /** Stops reading from the provider until `resume`. */
  pause(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    this.#controller?.pause();
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.sawActivity = true;
    this.#controller?.resume();
  }

  onTimeout(kind: TimeoutKind): void {
    const { firstByteMs, headersMs, idleMs, totalMs, slowClientMs } = this.timeouts;
    this.#fail(
      {
        'first-byte': { kind: 'first-byte-timeout', detail: `no answer within ${firstByteMs} ms` },
        headers: { kind: 'first-byte-timeout', detail: `no headers within ${headersMs} ms` },
        idle: { kind: 'idle-timeout', detail: `nothing more for ${idleMs} ms in the middle of the answer` },
        total: { kind: 'total-timeout', detail: `no whole answer within ${totalMs} ms` },
        'slow-client': { kind: 'slow-client', detail: `the client read nothing for ${slowClientMs} ms` },
      }[kind] as UpstreamFault,
    );
  }

  onQuiet(): void {
    this.#body?.onQuiet?.();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) {
      controller.abort(new Error('aborted'));
      return;
    }
    if (this.#listener.onSent?.() === false) this.#fail({ kind: 'aborted', detail: 'it may not be sent' });
    else this.#reuse.starting(this);
  }

  onResponseStart(_controller: unknown, status: number, headers: UpstreamHeaders): void {
    if (this.#isOver) return;
    if (status < 200) {
      this.#informational += 1;
      if (this.#informational > MAX_INFORMATIONAL_ANSWERS) {
        this.#fail({ kind: 'malformed', detail: 'too many informational answers' });
      }
      return;
    }
    if (status === PROXY_REFUSED) {
      // No provider answers this: it is the proxy's, and the provider was not asked.
      this.#wasUnread = true;
      this.#fail({ kind: 'connect', detail: 'the proxy refuses the credentials of the gateway (407)' });
      return;
    }
    this.sawActivity = true;
    this.hasHead = true;
    const encoding = headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity' && encoding !== '') {
      const decoder = typeof encoding === 'string' ? createDecoder(encoding) : undefined;
      if (decoder === undefined) {
        this.#fail({ kind: 'malformed', detail: 'the answer has a content encoding that the gateway cannot decode' });
        return;
      }
      this.#decode(decoder);
    }
    this.#body = this.#listener.onHead(status, headers);
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    if (this.#isOver) return;
    this.sawActivity = true;
    if (this.#decoder === undefined) this.#take(chunk);
    else this.#decoder.write(chunk);
  }

  onResponseEnd(): void {
    if (this.#isOver) return;
    if (this.#decoder === undefined) this.#finish();
    else this.#decoder.end();
  }

  onResponseError(_controller: unknown, error: Error): void {
    if (this.#isOver) return;
    if (this.wasSent && this.#body === undefined && isBroken(error)) {
      this.#wasUnread = this.#reuse.wasUnread(this);
      if (this.#maySendAgain()) {
        this.#wasSentAgain = true;
        this.#wasUnread = false;
        this.#controller = undefined;
        this.sent = undefined;
        this.#sendAgain();
        return;
      }
    } else if (this.#body === undefined && error instanceof undiciErrors.HTTPParserError) {
      // A connection that has never carried an answer leads to no HTTP server, and so to no model.
      this.#wasUnread = this.sent?.isReused === false;
    }
    this.#fail(faultOf(error));
  }

  #maySendAgain(): boolean {
    if (!this.#wasUnread || this.#wasSentAgain || this.sent?.isReused !== true) return false;
    return this.#listener.onUnread?.() === true;
  }

  #take(chunk: Buffer): void {
    this.#receivedBytes += chunk.length;
    if (this.#receivedBytes > this.#maxResponseBytes) {
      this.#fail({ kind: 'too-large', detail: `the answer is larger than ${this.#maxResponseBytes} bytes` });
      return;
    }
    this.#body?.onData(chunk);
  }

  #decode(decoder: Transform): void {
    this.#decoder = decoder;
    decoder.on('data', (chunk: Buffer) => {
      if (!this.#isOver) this.#take(chunk);
    });
    decoder.on('end', () => this.#finish());
    decoder.on('error', () => this.#fail({ kind: 'malformed', detail: 'the compressed answer cannot be decoded' }));
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#watch.remove(this);
    if (this.#body === undefined) this.#listener.onFault({ kind: 'malformed', detail: 'the answer has no head' });
    else this.#body.onEnd();
  }

  #fail(fault: UpstreamFault): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#watch.remove(this);
    this.#decoder?.destroy();
    this.#controller?.abort(new Error(fault.kind));
    (this.#body ?? this.#listener).onFault(fault);
  }
}

const BROKEN: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

const isBroken = (error: Error): boolean => BROKEN.has((error as { code?: unknown }).code);

function faultOf(error: Error): UpstreamFault {
  const code = (error as { code?: unknown }).code;
  if (error instanceof undiciErrors.ConnectTimeoutError) {
    return { kind: 'connect-timeout', detail: 'no connection in time' };
  }
  if (error instanceof undiciErrors.HTTPParserError || error instanceof undiciErrors.HeadersOverflowError) {
    return { kind: 'malformed', detail: 'what came is not a valid HTTP answer' };
  }
  if (error instanceof undiciErrors.ResponseContentLengthMismatchError) {
    return { kind: 'reset', detail: 'the answer is shorter or longer than announced' };
  }
  if (error instanceof AddressError) return { kind: 'dns', detail: error.message };
  if (error instanceof ProxyError) return { kind: 'connect', detail: error.message };
  if (error instanceof TlsFileError) return { kind: 'tls', detail: 'a file of the TLS settings cannot be read' };
  const word = typeof code === 'string' ? code : '';
  if (word === 'ENOTFOUND' || word === 'EAI_AGAIN')
    return { kind: 'dns', detail: `the host name has no address (${word})` };
  if (word === 'ECONNREFUSED' || word === 'EHOSTUNREACH' || word === 'ENETUNREACH' || word === 'EADDRNOTAVAIL') {
    return { kind: 'connect', detail: `no connection (${word})` };
  }
  if (word.startsWith('ERR_TLS') || word.startsWith('ERR_SSL') || /CERT|SIGNED|EPROTO|ALTNAME/.test(word)) {
    return { kind: 'tls', detail: `no secure connection (${word})` };
  }
  return { kind: 'reset', detail: `the connection broke (${word === '' ? error.name : word})` };
}
