import type { JsonObject, JsonValue } from '../core/json.ts';
import type { Parts } from '../pipeline/parts.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Identity } from '../tenancy/identity.ts';

/** A request for facts about the gateway itself, answered without a provider's work on a prompt. */
export interface Question {
  readonly snapshot: Snapshot;
  readonly parts: Parts;
  /** Undefined only on routes that need no key. */
  readonly identity: Identity | undefined;
  readonly pathParameter: string | undefined;
  /** What the path has in the places of its names. */
  readonly pathParameters: Readonly<Record<string, string | undefined>>;
  /** The body as a JSON object; `{}` if there is none. */
  readonly readBody: () => Promise<JsonObject>;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly isDraining: boolean;
  readonly version: string;
}

export interface Answer {
  readonly status: number;
  readonly body: JsonValue;
  /** Sent in the place of the body: the events of a stream. */
  readonly events?: string | AsyncIterable<string>;
}

/** Answers a question; may throw a GatewayError. */
export type Answering = (question: Question) => Answer | Promise<Answer>;
