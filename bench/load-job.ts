/** What the load generator is asked to do, and what it answers. */

/** One slice of load against one target. */
export interface LoadJob {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly connections: number;
  /** No request is begun after so many, or after so long. */
  readonly maxRequests: number;
  readonly maxMs: number;
}

/** Milliseconds, of the requests of one slice. */
export interface Spread {
  readonly p50: number;
  readonly p99: number;
}

/** The result of a slice. */
export interface LoadResult {
  readonly requests: number;
  readonly failures: number;
  /** The first failure, in words. */
  readonly failure: string | undefined;
  readonly seconds: number;
  readonly latency: Spread;
  readonly firstByte: Spread;
  /** Server-sent events seen, all requests together. */
  readonly events: number;
  /** How many more requests took about 40 ms than a little more or less: where a lost fight between Nagle and delayed acknowledgement ends up. */
  readonly stalls: number;
}
