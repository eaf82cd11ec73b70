import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import type { Answer, Ask, Usage } from '../answering/ask.ts';
import type { Family, Framing, StreamEvent } from '../sending/reply.ts';

/** Whose strictness and extras an OpenAI-like answer has. */
export type Flavour = 'openai' | 'azure' | 'deepseek' | 'compatible';

/** A request as an operation reads it. */
export interface Call {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: JsonObject;
  /** From the path where the format keeps it there, from the body otherwise. */
  readonly model: string;
  readonly flavour: Flavour;
  /** Seconds since the epoch. */
  readonly created: number;
  /** What identifiers are made from: differs for each request. */
  readonly identity: string;
  /** What the answer is made from: the same for equal requests. */
  readonly seed: string;
  /** The items of stored responses, by response id. */
  readonly responses: Map<string, JsonValue[]>;
}

/** What a request turned out to be. */
export type Reading =
  | {
      readonly kind: 'generate';
      readonly ask: Ask;
      readonly isStream: boolean;
      readonly whole: (answer: Answer) => JsonObject;
      readonly events: (answer: Answer) => StreamEvent[];
      /** Where the stream is framed otherwise than its family does. */
      readonly framing?: Framing;
    }
  | { readonly kind: 'plain'; readonly json: JsonValue; readonly usage?: Usage };

/** One public operation of a provider: a path, the manners of a family, and how its requests are read and answered. */
export interface Operation {
  readonly name: string;
  readonly family: Family;
  readonly method: 'GET' | 'POST';
  /** What the path ends in, whatever base URL comes before it; group 1 is the model where the path names it. */
  readonly path: RegExp;
  /** Reads a request, or throws `Refused` with the provider's own error. */
  read(call: Call): Reading;
}

/** An event with JSON data. */
export function jsonEvent(part: StreamEvent['part'], data: JsonObject, tokens = 0, name?: string): StreamEvent {
  return { ...(name === undefined ? {} : { name }), data: JSON.stringify(data), tokens, part };
}

/** Usage of an operation that only reads. */
export function inputUsage(prompt: number): Usage {
  return { prompt, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, completion: 0, reasoning: 0 };
}
