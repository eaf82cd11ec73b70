/** What a model takes of a request, as far as it changes what is written: the words of the table in `model-table.ts`. */

/** How much to think, from not at all to the most. */
export type Effort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';

/** The kinds of `thinking: {type}`. */
type ThinkingType = 'enabled' | 'adaptive' | 'disabled';

/** In which words a model takes how much to think, in the chat format of OpenAI. */
export type Reasoning =
  /** It does not reason, and refuses or ignores every word about it. */
  | { readonly how: 'never' }
  /** It always reasons, and refuses or ignores every word about it. */
  | { readonly how: 'always' }
  /** `reasoning_effort`. Without `none` among the efforts it cannot be switched off. */
  | {
      readonly how: 'effort';
      readonly efforts: readonly Effort[];
      /** Efforts that the provider itself takes for another one, if that is not the nearest below. */
      readonly spelled?: Readonly<Partial<Record<Effort, Effort>>>;
      /** Switched off by `chat_template_kwargs`: the server hands them to the model's template. */
      readonly offByTemplate?: true;
      /** Beside function tools the effort is refused: it must be `absent`, or be `none`. */
      readonly besideTools?: 'absent' | 'none';
    }
  /** `thinking: {type}`, and beside it `reasoning_effort` if there are efforts. */
  | {
      readonly how: 'type';
      readonly types: readonly ThinkingType[];
      readonly efforts: readonly Effort[];
      readonly spelled?: Readonly<Partial<Record<Effort, Effort>>>;
    }
  /** `enable_thinking` and `thinking_budget`. */
  | { readonly how: 'switch' };

/** How a model is asked to search the web, where its provider makes the search. */
export type SearchWords =
  /** By the tool of its format: Claude's, Google's, that of the Responses API. */
  | 'tool'
  /** By `web_search_options` of chat completions; such a model may search unasked. */
  | 'options'
  /** By OpenRouter's tool `openrouter:web_search`. */
  | 'server-tool'
  /** By the tool `web_search` of chat completions at Z.AI. */
  | 'typed-tool';

/** How a provider keeps the beginnings of prompts, and what that costs. */
export interface PromptCacheFacts {
  /**
   * `marks`: where the request says so, by `cache_control`. `breakpoints`: the same by OpenAI's `prompt_cache_breakpoint`, and by itself
   * at the end unless the request says otherwise. `automatic`: by itself, whatever prompts begin with alike.
   */
  readonly how: 'marks' | 'breakpoints' | 'automatic';
  /** A shorter beginning is not kept. */
  readonly leastTokens: number;
  /** Prices in parts of the price of input; those of the list of prices or the configuration count before them. */
  readonly write: number;
  readonly writeOneHour?: number;
  readonly read: number;
  /** How long it is kept after its last use, in minutes; the least that the provider says. */
  readonly lifeMinutes: number;
  /** So many marks at the most. */
  readonly mostMarks?: number;
  /** An entry is found at so many blocks before a mark. */
  readonly lookBackBlocks?: number;
  /** The member of a request that keeps its prompts apart from those with another value. */
  readonly salt?: 'prompt_cache_key' | 'cache_salt';
}

/** One model's abilities. What is absent is unknown: it is written as asked, and the provider says. */
export interface ModelAbilities {
  readonly reasoning?: Reasoning;
  /** Whether it thinks if the request does not say. */
  readonly thinksUnasked?: boolean;
  /**
   * Whether a tool choice may force a call: by `required` or by a tool's name, only while it does not think, or never. Absent: always.
   */
  readonly forcedTools?: 'without-thinking' | 'never';
  /** The longest answer in tokens, thoughts included; more is refused. */
  readonly maxOutputTokens?: number;
  /** A limit of the answer leaves its thoughts out: beside it they may be so many tokens, unless the request says how many. */
  readonly thoughtsBeside?: number;
  /** How many stop sequences it takes; more are refused. */
  readonly maxStopSequences?: number;
  /** Whether `stop` is refused altogether. */
  readonly refusesStop?: boolean;
  /**
   * `temperature`, `top_p`, penalties and the like: `fixed` means that every value but the default is refused. Absent: they are taken.
   */
  readonly sampling?: 'fixed';
  /** Whether instructions must come first, in one message: chat templates of open models refuse them later. */
  readonly systemFirst?: boolean;
  /** Whether every `verbosity` but the default, `medium`, is refused. */
  readonly verbosity?: 'fixed';
  /** Whether it is served by OpenAI's Responses API alone: chat completions of it are refused. */
  readonly responsesOnly?: boolean;
  /** Absent: it cannot search, as far as is known; a request in the provider's own format goes as it is. */
  readonly webSearch?: SearchWords;
  /** Whether its provider runs code for it, by the tool of the provider's format. Absent: no, as far as is known. */
  readonly codeExecution?: boolean;
  /** Whether the strict mode of schemas wants every object closed and every member required. */
  readonly strictSchemas?: 'closed-and-required';
  /** Absent: nothing is known of it, and nothing is marked. */
  readonly promptCache?: PromptCacheFacts;
}

/** Rows of the table: which models they mean, what is known of them, and from where. */
export interface ModelRow {
  /** How people call them. */
  readonly models: string;
  /** Matches the model's name in lower case. */
  readonly pattern: RegExp;
  /** The providers that serve them so; absent: every provider. */
  readonly providers?: readonly string[];
  readonly abilities: ModelAbilities;
  /** Link and date. */
  readonly source: string;
}

/** A pattern for a name that may stand behind a prefix: `openai/gpt-5`, `ft:gpt-4o`, `my-gpt-4o`. */
export function named(name: string): RegExp {
  return new RegExp(`(?:^|[^a-z0-9])(?:${name})`);
}
