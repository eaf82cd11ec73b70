/** Takes what others sent out of what a provider says of its prompt cache: the counts read as if only the caller's own prompts were kept. */
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';

/** How much a caller is shown as read from a prompt cache. */
export interface ShownCache {
  /** The most tokens that are shown as read. */
  readonly mostRead: number;
  /** What is not shown as read is shown as written, for an hour or for the shorter life; undefined: as plain input. */
  readonly otherwise: 'short' | 'hour' | undefined;
  /** All that is written is shown as written for an hour: which share of it is would tell what was there. */
  readonly isAllHour?: boolean;
}

/** What was taken out. */
export interface HiddenCache {
  /** Tokens that the provider read and the caller is not shown as read. */
  readonly read: number;
  /** What the provider says that the answer cost, in USD: it tells the same as its counts. */
  readonly costUsd: number | undefined;
  /** Tokens that the provider wrote for an hour; undefined if it does not say. */
  readonly writtenOneHour: number | undefined;
}

/** What a provider says of costs, in the answers of different ones. */
const COSTS = ['cost', 'cost_details', 'cost_in_usd_ticks'];

/** Rewrites the usage in an answer or in an event of a stream, in place; undefined if there is none. */
export function maskUsage(value: JsonValue, shown: ShownCache): HiddenCache | undefined {
  if (!isJsonObject(value)) return undefined;
  const holders = [value, value.message, value.response].filter((holder) => isJsonObject(holder)) as JsonObject[];
  let hidden: HiddenCache | undefined;
  for (const holder of holders) {
    for (const usage of [holder.usage, holder.usageMetadata]) {
      if (isJsonObject(usage)) hidden = maskCounts(usage, shown);
    }
  }
  return hidden;
}

function maskCounts(usage: JsonObject, shown: ShownCache): HiddenCache {
  const costUsd = typeof usage.cost === 'number' ? usage.cost : undefined;
  for (const name of COSTS) delete usage[name];
  const lives = usage.cache_creation;
  const writtenOneHour = isJsonObject(lives) ? count(lives[ONE_HOUR]) : undefined;
  const read = Math.max(
    maskAnthropic(usage, shown),
    maskDetails(usage.prompt_tokens_details, shown),
    maskDetails(usage.input_tokens_details, shown),
    maskDeepSeek(usage, shown),
    maskGemini(usage, shown),
  );
  return { read, costUsd, writtenOneHour };
}

const ONE_HOUR = 'ephemeral_1h_input_tokens';
const SHORT = 'ephemeral_5m_input_tokens';

const count = (value: JsonValue | undefined): number => (typeof value === 'number' && value > 0 ? value : 0);
const surplus = (read: number, { mostRead }: ShownCache): number =>
  Math.max(0, read - Math.max(0, Math.floor(mostRead)));

function maskAnthropic(usage: JsonObject, shown: ShownCache): number {
  const read = count(usage.cache_read_input_tokens);
  const hidden = surplus(read, shown);
  const lives = usage.cache_creation;
  if (shown.isAllHour === true && isJsonObject(lives)) {
    lives[ONE_HOUR] = count(lives[ONE_HOUR]) + count(lives[SHORT]);
    lives[SHORT] = 0;
  }
  if (hidden === 0) return 0;
  usage.cache_read_input_tokens = read - hidden;
  if (shown.otherwise === undefined) {
    if (typeof usage.input_tokens === 'number') usage.input_tokens += hidden;
    return hidden;
  }
  usage.cache_creation_input_tokens = count(usage.cache_creation_input_tokens) + hidden;
  const life = shown.otherwise === 'hour' ? ONE_HOUR : SHORT;
  if (isJsonObject(lives)) lives[life] = count(lives[life]) + hidden;
  return hidden;
}

function maskDetails(details: JsonValue | undefined, shown: ShownCache): number {
  if (!isJsonObject(details)) return 0;
  const read = count(details.cached_tokens);
  const hidden = surplus(read, shown);
  if (hidden === 0) return 0;
  details.cached_tokens = read - hidden;
  delete details.cached_tokens_details;
  if (shown.otherwise !== undefined) details.cache_write_tokens = count(details.cache_write_tokens) + hidden;
  return hidden;
}

function maskDeepSeek(usage: JsonObject, shown: ShownCache): number {
  const read = count(usage.prompt_cache_hit_tokens);
  const hidden = surplus(read, shown);
  if (hidden === 0) return 0;
  usage.prompt_cache_hit_tokens = read - hidden;
  usage.prompt_cache_miss_tokens = count(usage.prompt_cache_miss_tokens) + hidden;
  return hidden;
}

function maskGemini(usage: JsonObject, shown: ShownCache): number {
  const read = count(usage.cachedContentTokenCount);
  const hidden = surplus(read, shown);
  // Which media they are of would say more than their number.
  if (read > 0) delete usage.cacheTokensDetails;
  if (hidden === 0) return 0;
  if (hidden === read) delete usage.cachedContentTokenCount;
  else usage.cachedContentTokenCount = read - hidden;
  return hidden;
}
