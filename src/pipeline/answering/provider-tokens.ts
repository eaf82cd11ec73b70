/** Tokens that providers take in place of keys: fetched once for all requests, and again before they end. */
import type { Clock } from '../../core/clock.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonValue } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import type { TokenRequest } from '../../providers/provider.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { Upstream, UpstreamFault } from '../../upstream/upstream.ts';
import { permitNotice } from '../money/permits.ts';

const FETCH_WITHIN_MS = 10_000;
const LARGEST_ANSWER_BYTES = 65_536;
/** A token that ends so soon is not used any more: the call may take a moment to arrive. */
const LEAST_LEFT_MS = 30_000;
/** A token is renewed while so much of its life is left, or a fifth of it if that is less. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** A source that failed, or whose new token was refused, is left alone for so long. */
const PAUSE_MS = 2_000;
/** Sources that are remembered; those of earlier configurations are forgotten first. */
const MOST_SOURCES = 1_000;

/** What is known of one source of tokens. */
interface Source {
  token?: string;
  fetchedMs: number;
  endsMs: number;
  renewMs: number;
  underWay?: Promise<string>;
  failedMs: number;
  failure?: GatewayError;
}

/** Fetches tokens and keeps them, by whom they are for. */
export class ProviderTokens {
  readonly #upstream: Upstream;
  readonly #clock: Clock;
  readonly #sources = new Map<string, Source>();

  constructor(upstream: Upstream, clock: Clock) {
    this.#upstream = upstream;
    this.#clock = clock;
  }

  /** The token of a deployment that is called with one; a promise only if none is at hand. Rejects with a GatewayError. */
  of(deployment: Deployment, request: TokenRequest): string | Promise<string> {
    const source = this.#sourceOf(keyOf(request));
    const nowMs = this.#clock.monotonicMs();
    const { token } = source;
    if (token === undefined || nowMs >= source.endsMs) return this.#fetch(source, deployment, request);
    // While it is renewed, the old one serves; a renewal that fails is tried again.
    if (nowMs >= source.renewMs) this.#fetch(source, deployment, request).catch(() => undefined);
    return token;
  }

  /**
   * Forgets a token that the provider refused with 401 before its end, as one that was revoked. One that is new is kept: fetching another
   * for each request would not help, and would wear out the authority.
   */
  refused({ tokenRequest }: Deployment, token: string): void {
    if (tokenRequest === undefined) return;
    const source = this.#sources.get(keyOf(tokenRequest));
    if (source?.token !== token || this.#clock.monotonicMs() - source.fetchedMs < PAUSE_MS) return;
    delete source.token;
  }

  #sourceOf(key: string): Source {
    const known = this.#sources.get(key);
    if (known !== undefined) return known;
    const made: Source = { fetchedMs: 0, endsMs: 0, renewMs: 0, failedMs: Number.NEGATIVE_INFINITY };
    const [oldest] = this.#sources.keys();
    if (this.#sources.size >= MOST_SOURCES && oldest !== undefined) this.#sources.delete(oldest);
    this.#sources.set(key, made);
    return made;
  }

  /** One fetch at a time: all requests that need the token wait for the same one. */
  #fetch(source: Source, deployment: Deployment, request: TokenRequest): Promise<string> {
    if (source.underWay !== undefined) return source.underWay;
    if (source.failure !== undefined && this.#clock.monotonicMs() - source.failedMs < PAUSE_MS) {
      return Promise.reject(source.failure);
    }
    source.underWay = this.#fetchNow(source, deployment, request).finally(() => {
      delete source.underWay;
    });
    return source.underWay;
  }

  async #fetchNow(source: Source, deployment: Deployment, request: TokenRequest): Promise<string> {
    try {
      const { status, body } = await this.#post(deployment, request);
      const read = status === 200 ? request.read(body) : undefined;
      if (read === undefined) throw refused(deployment, request, status, request.readError(body));
      const nowMs = this.#clock.monotonicMs();
      source.token = read.token;
      source.fetchedMs = nowMs;
      source.endsMs = nowMs + Math.max(0, read.lifetimeMs - Math.min(LEAST_LEFT_MS, read.lifetimeMs / 10));
      source.renewMs = nowMs + read.lifetimeMs - Math.min(RENEW_BEFORE_MS, read.lifetimeMs / 5);
      delete source.failure;
      return read.token;
    } catch (thrown) {
      const failure = thrown instanceof GatewayError ? thrown : unreachable(deployment, request, String(thrown));
      source.failure = failure;
      source.failedMs = this.#clock.monotonicMs();
      throw failure;
    }
  }

  #post(
    deployment: Deployment,
    request: TokenRequest,
  ): Promise<{ readonly status: number; readonly body: JsonValue | undefined }> {
    const { origin, pathname, search } = new URL(request.url);
    const headers = ['content-type', 'application/x-www-form-urlencoded', 'accept', 'application/json'];
    const limit = FETCH_WITHIN_MS;
    const timeouts = { firstByteMs: limit, headersMs: limit, idleMs: limit, totalMs: limit, slowClientMs: limit };
    return new Promise((resolve, reject) => {
      const onFault = ({ detail }: UpstreamFault): void => reject(unreachable(deployment, request, detail));
      const chunks: Buffer[] = [];
      this.#upstream.send(
        permitNotice(),
        {
          ...{ method: 'POST', origin, path: pathname + search, headers, body: Buffer.from(request.form), timeouts },
          ...{ maxResponseBytes: LARGEST_ANSWER_BYTES, tls: deployment.config.tls },
        },
        {
          onHead: (status) => ({
            onData: (chunk) => void chunks.push(chunk),
            onEnd: () => resolve({ status, body: parsed(Buffer.concat(chunks)) }),
            onFault,
          }),
          onFault,
        },
      );
    });
  }
}

const keyOf = ({ url, form }: TokenRequest): string => `${url} ${form}`;

function parsed(body: Buffer): JsonValue | undefined {
  try {
    return parseJson(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Names the error by its word alone: its description may hold the ids of the application. */
function refused(deployment: Deployment, { title }: TokenRequest, status: number, word: string | undefined) {
  const named = word !== undefined && /^[a-z_]{1,60}$/.test(word) ? ` (${word})` : '';
  const answer = status === 200 ? 'sent no valid token' : `answered ${status}${named}`;
  return new GatewayError(
    'upstream_auth',
    `AuthenticationError: ${deployment.provider.title}Exception - ${title}, which gives out the token for this deployment, ${answer}.`,
    { provider: deployment.provider.name },
  );
}

function unreachable(deployment: Deployment, { title }: TokenRequest, detail: string): GatewayError {
  return new GatewayError(
    'upstream_connection',
    `APIConnectionError: ${deployment.provider.title}Exception - ${title}, which gives out the token for this deployment: ${deployment.secrets.redact(detail)}.`,
    { provider: deployment.provider.name },
  );
}
