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
  /** Every route that is served. */
  readonly routes: readonly ServedRoute[];
  readonly isDraining: boolean;
  /** The requests to models of this instance. */
  readonly requests: {
    underWay(): number;
    /** Says from now on that others should take them. */
    leave(): void;
  };
  readonly version: string;
}

/** What a route takes, in JSON schemas. */
export interface TakenRequest {
  /** Undefined if it reads no body. */
  readonly body: JsonObject | undefined;
  readonly query: readonly { readonly name: string; readonly isRequired: boolean; readonly schema: JsonObject }[];
}

/** A route as the pages about routes tell it. */
export interface ServedRoute {
  readonly method: string;
  /** In the router's notation. */
  readonly path: string;
  /** The first path of the same route: the others are its other names. */
  readonly mainPath: string;
  /** Who may call it, in a sentence without a full stop. */
  readonly access: string;
  /** What it is about: the heading that it stands under. */
  readonly topic: string;
  readonly summary: string;
  /** What it takes; undefined: an object, of which more is said by the provider's own documents. */
  readonly describe?: () => Promise<TakenRequest>;
  /** Set if it needs no key. */
  readonly isPublic?: true;
}

export interface Answer {
  readonly status: number;
  readonly body: JsonValue;
  /** Sent in the place of the body: a page, with its headers. */
  readonly page?: { readonly html: string; readonly headers: Readonly<Record<string, string>> };
  /** Sent in the place of the body: the events of a stream. */
  readonly events?: string | AsyncIterable<string>;
}

/** Answers a question; may throw a GatewayError. */
export type Answering = (question: Question) => Answer | Promise<Answer>;
