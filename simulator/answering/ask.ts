import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import type { Caching } from '../prompt-cache/caching.ts';

/** A tool as every format describes it. */
export interface AskedTool {
  readonly name: string;
  readonly description: string;
  readonly schema: JsonObject;
  /** The group that the tool belongs to, in the Responses API. */
  readonly namespace?: string;
  /** It takes the text of its one argument, and no JSON. */
  readonly isCustom?: boolean;
}

/** What the client says about tools: whether one may, must or must not be called, or which. */
export type AskedChoice = 'auto' | 'none' | 'required' | { readonly name: string; readonly namespace?: string };

/** The form the answer's text must have. */
export type AskedOutput =
  | { readonly kind: 'text' }
  | { readonly kind: 'json' }
  | { readonly kind: 'schema'; readonly schema: JsonObject };

/** A search of the web that the provider may make. */
export interface AskedSearch {
  readonly allowedDomains: readonly string[];
  readonly blockedDomains: readonly string[];
  /** The client says that it must be made. */
  readonly isForced: boolean;
}

/** A page that a search found. */
interface FoundPage {
  readonly url: string;
  readonly title: string;
}

/** A search that was made, and what it found. */
export interface MadeSearch {
  readonly query: string;
  readonly pages: readonly FoundPage[];
}

/** What a request asks for, whatever format it came in. */
export interface Ask {
  readonly model: string;
  /** The prompt as one text: instructions, tools and messages in order. */
  readonly prompt: string;
  readonly promptTokens: number;
  readonly lastUserText: string;
  readonly tools: readonly AskedTool[];
  readonly toolChoice: AskedChoice;
  /** The search of the web that the provider may make by itself. */
  readonly search?: AskedSearch;
  readonly parallelTools: boolean;
  /** Results of tools that the last message brings; empty when it brings none. */
  readonly toolResults: readonly string[];
  readonly maxTokens?: number;
  readonly stop: readonly string[];
  readonly output: AskedOutput;
  readonly wantsReasoning: boolean;
  /** An upper bound for the tokens of reasoning, when the client gives one. */
  readonly reasoningTokens?: number;
  readonly choices: number;
  readonly seed: string;
  /** How the provider caches prompts; absent where it does not. */
  readonly caching?: Caching;
}

/** Why an answer ended. */
type Ending = 'end' | 'length' | 'tools' | 'stop-sequence' | 'refusal' | 'filter';

/** A call of a tool in an answer. */
export interface ToolCall extends Pick<AskedTool, 'name' | 'namespace' | 'isCustom'> {
  readonly arguments: JsonValue;
}

/** One of the answers to a request (there are several when `n` says so). */
export interface Choice {
  readonly reasoning: readonly string[];
  readonly text: readonly string[];
  readonly toolCalls: readonly ToolCall[];
  /** The search that the provider made before it wrote the text. */
  readonly search?: MadeSearch;
  readonly ending: Ending;
  readonly stopSequence?: string;
}

/** What an answer used, in the simulator's tokens. */
export interface Usage {
  /** Everything the prompt has, cached or not. */
  readonly prompt: number;
  readonly cacheRead: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  /** Everything the answer has, reasoning included. */
  readonly completion: number;
  readonly reasoning: number;
}

/** An answer, before any format has written it. */
export interface Answer {
  readonly choices: readonly Choice[];
  readonly usage: Usage;
}

/** How a tool call's arguments are cut into the pieces of a stream, a token each. */
export function argumentText(call: ToolCall): string {
  return JSON.stringify(call.arguments);
}
