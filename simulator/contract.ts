import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../src/core/clock.ts';
import type { JsonValue } from '../src/core/json.ts';
import type { PlantableBook, SimulatedBilling } from './billing/options.ts';

/** How long answers take. */
export interface Latency {
  /** Until the first token, in milliseconds. */
  readonly firstTokenMs: number;
  /** For every token after it, in milliseconds. */
  readonly perTokenMs: number;
  /** How far each wait strays from its mean, as a share of it: 0 never, 0.3 by up to 30 % either way. */
  readonly jitter: number;
}

/** About what a mid-sized hosted model takes. */
export const REALISTIC_LATENCY: Latency = { firstTokenMs: 300, perTokenMs: 20, jitter: 0.3 };

/** No waiting at all. */
export const NO_LATENCY: Latency = { firstTokenMs: 0, perTokenMs: 0, jitter: 0 };

/** How a simulator is set up; everything has a default. */
export interface SimulatorOptions {
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port?: number;
  /** What answers and random faults follow from: the same seed gives the same bytes. */
  readonly seed?: string | number;
  readonly latency?: Latency;
  /** The keys that are taken; without it any key is, except those beginning with `invalid`. */
  readonly keys?: readonly string[];
  readonly clock?: Clock;
  /** How the reports of what it billed behave. */
  readonly billing?: SimulatedBilling;
  /** Told about each finished request, one line of text. */
  readonly log?: (line: string) => void;
}

/** One request as the simulator saw it. */
export interface SeenRequest {
  /** 1 for the first since the start or the last reset. */
  readonly number: number;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The body as bytes. */
  readonly rawBody: Buffer;
  /** The body as JSON, parsed when it is first read; `undefined` if it is not JSON. */
  readonly body: JsonValue | undefined;
  /** By the clock's wall time. */
  readonly receivedAtMs: number;
  /** What the path has before the provider's own part: `west` for `/west/v1/chat/completions`; empty if it has nothing. */
  readonly deployment: string;
  readonly model: string;
  /** The operation, for example `openai-chat`; `unknown` if the path is not an operation. */
  readonly operation: string;
  /** The faults that were applied, as they were spelled. */
  readonly faults: readonly string[];
  readonly outcome: SeenOutcome;
  /** The status that was sent; 0 before it was. */
  readonly status: number;
  readonly endedAtMs: number | undefined;
  readonly bytesSent: number;
  readonly tokensSent: number;
  /** What its answer would have been billed; undefined before it ended, and where nothing was answered. */
  readonly billed: Omit<Billed, 'requests' | 'reasoningTokens'> | undefined;
}

/** How a request ended: answered, left by the client, broken off by a fault, or not ended yet. */
export type SeenOutcome = 'pending' | 'completed' | 'aborted-by-client' | 'cut';

/** What one model's answers would have been billed, in tokens. */
export interface Billed {
  readonly requests: number;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  /** All that was written, for any life. */
  readonly cacheWriteTokens: number;
  readonly cacheWriteOneHourTokens: number;
  readonly completionTokens: number;
  readonly reasoningTokens: number;
}

/** What a simulator has done since its start or its last reset. */
export interface Statistics {
  readonly requests: number;
  readonly completed: number;
  readonly abortedByClient: number;
  readonly cut: number;
  /** Answers with a status of 400 or more. */
  readonly refused: number;
  /** Requests of the benchmark's fast path: counted here, not kept as requests. */
  readonly bench: number;
  readonly models: Readonly<Record<string, Billed>>;
}

/** Which requests a rule is for; what is left out matches any. */
export interface ScriptMatch {
  /** A model's name; `*` stands for anything. */
  readonly model?: string;
  /** A part of the path. */
  readonly path?: string;
  readonly deployment?: string;
  /** The operation, `anthropic-messages` say. */
  readonly operation?: string;
  readonly isStream?: boolean;
  /** Only the n-th request (from 1) that the rest of the rule matches. */
  readonly nth?: number;
}

/** A recorded answer, to be served as if it came from the model. */
export interface Replay {
  /** Whose framing it gets. */
  readonly format: 'openai' | 'responses' | 'anthropic' | 'gemini';
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The body of a whole answer. */
  readonly json?: JsonValue;
  /** The payloads of a stream's events, one each; what lies between them is put back as the provider sends it. */
  readonly chunks?: readonly string[];
  /** Sends the stream's bytes in pieces of this size, wherever they fall. */
  readonly cutEvery?: number;
}

/** What to do with the requests that match. */
export interface ScriptRule {
  readonly match?: ScriptMatch;
  /** Faults by name, joined with `+`, as in a model's name but without `fault-`. */
  readonly fault?: string;
  readonly replay?: Replay;
  /** An answer by hand. */
  readonly reply?: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly json?: JsonValue;
    readonly text?: string;
  };
  /** How often the rule applies before it is spent; without it, for ever. */
  readonly times?: number;
}

/** A rule that has been laid down. */
export interface ScriptHandle {
  /** How often it has been applied. */
  applied(): number;
  remove(): void;
}

/** A running simulator. */
export interface Simulator {
  /** What it has billed: planted calls and prices show in the reports. */
  readonly book: PlantableBook;
  /** `http://127.0.0.1:PORT`, without a slash at its end. */
  readonly url: string;
  readonly port: number;
  /** The requests since the start or the last reset, oldest first; the last 10,000 of them. */
  readonly requests: readonly SeenRequest[];
  /** Lays down a rule; the first rule that matches a request is the one that applies. */
  script(rule: ScriptRule): ScriptHandle;
  /** Forgets requests, rules, statistics, prompt caches and how often each fault has struck. */
  reset(): void;
  stats(): Statistics;
  /** Stops listening and breaks off what is still going on. */
  close(): Promise<void>;
}
