/** What the gateway wants to know of a request's body before anyone parses it. One implementation for each wire format. */
import type { JsonValue } from '../core/json.ts';
import type { ReadableEnvelope } from '../wire/envelope.ts';
import type { Edit } from '../wire/splice.ts';
import type { Medium } from './medium.ts';

/** The most tokens of an answer that a request asks for; `unclear` if it names a limit that is not a number above 0. */
export type AskedLimit = number | 'absent' | 'unclear';

/** The value of a member that should be one of a type: undefined if it is absent or null, null if it is of another type. */
export type Expected<Type> = Type | null | undefined;

/**
 * The outline of one request. Everything is read when it is first asked for, from the bytes, and means what `JSON.parse` would
 * make of them: of several members with one name the last counts, and names may be written with escapes.
 */
export interface RequestOutline {
  readonly body: Buffer;
  readonly envelope: ReadableEnvelope;

  readonly model: Expected<string>;
  readonly stream: Expected<boolean>;
  /** Whether a streaming client asks for the usage. */
  readonly streamUsage: boolean;

  readonly limit: AskedLimit;
  /** How many answers are asked for: choices of each prompt, times prompts. */
  readonly choices: number;
  /** The edits that lower the limit of the answer to `cap` tokens, or set it; none if the format has no such limit. */
  limitEdits(cap: number): readonly Edit[];

  /** Bytes of everything a model reads: the prompt, tools and schemas, with their JSON and encoded media. */
  readonly promptBytes: number;
  /** Media in the places where the format has them, in the order of the body. */
  readonly media: readonly Medium[];
  /** Bytes of the media that are in the body as base64. */
  readonly inlineBytes: number;
  /** Bytes of the text in files that are in the body as base64. */
  readonly textFileBytes: number;
  /** Whether the request may say how many pictures of a video the model sees each second. */
  readonly choosesFrames: boolean;
  /** The words of everything a model reads, files of text included, without other inline media; parses those members. */
  promptText(): string;
  /** So many pieces of what the model reads, from anywhere in it, without encoded media; all of it if it is no longer. `random` is in [0, 1). */
  promptPieces(count: number, bytes: number, random: () => number): readonly Buffer[];
  /** The bytes of what a provider's prompt cache keeps, in its order and without cache marks: prompts that begin alike are alike there. */
  promptInOrder(): readonly Buffer[];

  readonly hasTools: boolean;
  /** What the tools are, a word each: `function`, `web_search`, `googleSearch`, …; `unknown` if they do not say so. */
  readonly toolKinds: readonly string[];
  readonly asksForJsonSchema: boolean;
  readonly asksForReasoning: boolean;
  /** Whether the answer may be sound. */
  readonly asksForAudio: boolean;
  readonly serviceTier: string | undefined;
  /** How fast and where the answer shall be made, as far as that may change its price (Anthropic). */
  readonly speed: string | undefined;
  readonly region: string | undefined;
  /** How much context a search of the web shall bring: `low`, `medium`, `high`. */
  readonly searchContextSize: string | undefined;
  /** The most web searches that the provider may make for this request. */
  readonly webSearches: number;

  /** `user`. */
  readonly user: string | undefined;
  /** Who the request is made for: `user`, or `metadata.user_id`. */
  readonly endUser: string | undefined;
  readonly session: string | undefined;
  /** How many places of the prompt the client marked for the provider's prompt cache. */
  readonly cacheMarks: number;

  /** The parsed value of a top-level member; undefined if it is absent or longer than `longestBytes`. */
  value(name: string, longestBytes?: number): JsonValue | undefined;
  /** Whether there is a value other than null at a path of names. */
  has(path: readonly string[]): boolean;
}
