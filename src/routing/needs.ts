import { defined } from '../core/defined.ts';
import { isJsonObject, type JsonValue } from '../core/json.ts';
import { chainOf, type PromptChain } from '../core/prompt-chain.ts';
import type { RequestOutline } from '../formats/outline.ts';
import { affinityKeyOf } from './affinity.ts';
import type { RequestNeeds } from './contracts.ts';
import { estimateInputTokens, type TokenRange } from './pre-call-checks.ts';
import { type Headers, joinedHeader } from './request-controls.ts';

/** What needs are read from, besides the headers. */
export interface NeedsSource {
  readonly outline: RequestOutline;
  readonly stream: boolean;
  /** Tags of the key or its team. */
  readonly keyTags?: readonly string[] | undefined;
  /** Regions that the data must stay in. */
  readonly regions?: readonly string[];
  /** The seed of the prompt's chain: the prompt goes where its beginning is cached. Undefined: it is not looked at. */
  readonly prefixSeed?: string | undefined;
}

/** What the configuration wants to know of a request; each costs nothing if it is off. */
export interface NeedsOptions {
  /** `enable_pre_call_checks`. */
  readonly checks: boolean;
  /** `enable_tag_filtering`. */
  readonly tags: boolean;
  /** Affinity by session header and user. */
  readonly affinity: boolean;
}

/** A request's needs, and the bounds on its tokens, of which `inputTokens` is the upper one. */
export interface ReadNeeds extends RequestNeeds {
  readonly inputRange?: TokenRange;
  /** Images in the prompt, whose tokens no count of the text contains. */
  readonly images?: number;
}

const NO_NEEDS_WHOLE: ReadNeeds = Object.freeze({ stream: false, tags: [] });
const NO_NEEDS_STREAM: ReadNeeds = Object.freeze({ stream: true, tags: [] });

/** Reads what routing must know of a request; the body is never parsed as a whole. */
export function readNeeds(source: NeedsSource, headers: Headers, options: NeedsOptions): ReadNeeds {
  const { stream, outline } = source;
  // Data may have to stay in a region whatever is switched off.
  const regions = source.regions?.length === 0 ? undefined : source.regions;
  const { checks, tags, affinity } = options;
  const { prefixSeed } = source;
  if (!checks && !tags && !affinity && prefixSeed === undefined && regions === undefined) {
    return stream ? NO_NEEDS_STREAM : NO_NEEDS_WHOLE;
  }
  const affinityKey = affinity ? readAffinityKey(outline, headers) : undefined;
  const prompt = prefixSeed === undefined ? undefined : readPrompt(outline, prefixSeed);
  return {
    stream,
    tags: tags ? readTags(outline, source.keyTags, headers) : [],
    ...defined({ affinityKey, prompt, regions, agent: tags ? agentOf(headers) : undefined }),
    ...(checks && readChecked(outline)),
  };
}

/** What patterns are matched against, in LiteLLM's words. A client writes it, so it is cut. */
function agentOf(headers: Headers): string | undefined {
  const agent = headers['user-agent'];
  return typeof agent === 'string' ? `User-Agent: ${agent.slice(0, LONGEST_AGENT)}` : undefined;
}

const LONGEST_AGENT = 256;

function readChecked(outline: RequestOutline): Omit<ReadNeeds, 'stream' | 'tags'> {
  const { limit } = outline;
  let images = 0;
  for (const { kind } of outline.media) if (kind === 'image') images += 1;
  const inputRange = estimateInputTokens(outline.promptBytes, images);
  return {
    inputTokens: inputRange.atMost,
    inputRange,
    ...(images > 0 && { images, vision: true }),
    ...(typeof limit === 'number' && { maxOutputTokens: limit }),
    ...(outline.hasTools && { tools: true }),
    ...(outline.asksForJsonSchema && { jsonSchema: true }),
    ...(outline.asksForReasoning && { reasoning: true }),
  };
}

const MOST_TAGS = 64;
const LONGEST_TAG = 256;
/** These members are small in earnest; what is larger holds no tags that are worth the reading. */
const LONGEST_READ = 65_536;

function readTags(
  outline: RequestOutline,
  keyTags: readonly string[] | undefined,
  headers: Headers,
): readonly string[] {
  const tags = new Set<string>(keyTags);
  const add = (value: JsonValue | undefined): void => {
    if (!Array.isArray(value)) return;
    for (const tag of value) if (typeof tag === 'string') addTag(tags, tag);
  };
  add(outline.value('tags', LONGEST_READ));
  for (const name of ['metadata', 'litellm_metadata']) {
    const metadata = outline.value(name, LONGEST_READ);
    if (isJsonObject(metadata)) add(metadata.tags);
  }
  for (const tag of joinedHeader(headers['x-litellm-tags'])?.split(',') ?? []) addTag(tags, tag);
  return [...tags];
}

function addTag(tags: Set<string>, tag: string): void {
  const name = tag.trim();
  if (name !== '' && name.length <= LONGEST_TAG && tags.size < MOST_TAGS) tags.add(name);
}

function readAffinityKey(outline: RequestOutline, headers: Headers): string | undefined {
  return affinityKeyOf({
    sessionHeader: joinedHeader(headers['x-litellm-session-id'] ?? headers['x-session-id']),
    user: outline.user,
  });
}

/** Nothing of a prompt that is shorter than a block is in a cache. */
function readPrompt(outline: RequestOutline, seed: string): PromptChain | undefined {
  const chain = chainOf(outline.promptInOrder(), seed);
  return chain.keys.length === 0 ? undefined : chain;
}
