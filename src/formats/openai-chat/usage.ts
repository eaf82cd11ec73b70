import { isJsonObject, type JsonObject, type JsonValue, wordOf } from '../../core/json.ts';
import type { Usage } from '../neutral/conversation.ts';

/** More tokens than any answer can have: a count above it is a provider's fault and is not believed. */
const BIGGEST_COUNT = 1e10;

/** xAI counts cost in ticks of 1e-10 USD (docs.x.ai, 2026-08; agrees with its price list on recorded answers). */
const USD_PER_XAI_TICK = 1e-10;

function count(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= BIGGEST_COUNT
    ? value
    : undefined;
}

function firstCount(...values: readonly (JsonValue | undefined)[]): number | undefined {
  for (const value of values) {
    const number = count(value);
    if (number !== undefined) return number;
  }
  return undefined;
}

const NOTHING: JsonObject = {};

function object(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : NOTHING;
}

/** Finds the usage object: at the top, in Groq's `x_groq`, or, at Moonshot, in the first choice. */
function findUsage(body: JsonObject): JsonObject | undefined {
  if (isJsonObject(body.usage)) return body.usage;
  const groq = body.x_groq;
  if (isJsonObject(groq) && isJsonObject(groq.usage)) return groq.usage;
  if (Array.isArray(body.choices)) {
    for (const choice of body.choices) {
      if (isJsonObject(choice) && isJsonObject(choice.usage)) return choice.usage;
    }
  }
  return undefined;
}

/** Reads the usage of a whole answer or of a stream chunk; undefined if there is none or it makes no sense. */
export function readUsage(body: JsonValue): Usage | undefined {
  if (!isJsonObject(body)) return undefined;
  const usage = findUsage(body);
  if (usage === undefined) return undefined;
  const counts = readUsageObject(usage);
  const serviceTier = wordOf(body.service_tier);
  return counts === undefined || serviceTier === undefined ? counts : { ...counts, serviceTier };
}

function costOf(usage: JsonObject): number | undefined {
  const told = isJsonObject(usage.cost) ? usage.cost.total_cost : usage.cost;
  if (typeof told === 'number' && Number.isFinite(told) && told >= 0) return told;
  const ticks = usage.cost_in_usd_ticks;
  return typeof ticks === 'number' && Number.isFinite(ticks) && ticks >= 0 ? ticks * USD_PER_XAI_TICK : undefined;
}

/** Reads a usage object itself, in any of the spellings that servers of this format use. */
function readUsageObject(usage: JsonObject): Usage | undefined {
  const input = object(usage.prompt_tokens_details ?? usage.input_tokens_details);
  const output = object(usage.completion_tokens_details ?? usage.output_tokens_details);
  const total = count(usage.total_tokens);
  const hit = count(usage.prompt_cache_hit_tokens);
  const miss = count(usage.prompt_cache_miss_tokens);
  const prompt = firstCount(usage.prompt_tokens, usage.input_tokens);
  const completion = firstCount(usage.completion_tokens, usage.output_tokens);
  if (prompt === undefined && completion === undefined && total === undefined && hit === undefined) return undefined;

  const inputTokens = prompt ?? (hit === undefined ? Math.max(0, (total ?? 0) - (completion ?? 0)) : hit + (miss ?? 0));
  let outputTokens = completion ?? Math.max(0, (total ?? inputTokens) - inputTokens);
  const reasoning = firstCount(output.reasoning_tokens, usage.reasoning_tokens);
  // xAI does not count reasoning into completion_tokens; its total tells. A part can never be larger than the whole.
  const isApart =
    reasoning !== undefined &&
    reasoning > 0 &&
    completion !== undefined &&
    (total === inputTokens + completion + reasoning || reasoning > completion);
  if (isApart) outputTokens += reasoning;

  const cached = firstCount(input.cached_tokens, hit, usage.cached_tokens, usage.cache_read_input_tokens);
  const cacheWrite = firstCount(
    input.cache_write_tokens,
    usage.cache_creation_input_tokens,
    input.cache_creation_tokens,
    input.cache_creation_input_tokens,
  );
  const lifetimes = object(input.cache_creation_token_details ?? usage.cache_creation);
  const oneHour = count(lifetimes.ephemeral_1h_input_tokens);
  const audioInput = count(input.audio_tokens);
  const audioOutput = count(output.audio_tokens);
  const imageInput = count(input.image_tokens);
  const imageOutput = count(output.image_tokens);
  const videoInput = count(input.video_tokens);
  const videoOutput = count(output.video_tokens);
  const cachedKinds = object(input.cached_tokens_details);
  const cachedAudio = count(cachedKinds.audio_tokens);
  const cachedImage = count(cachedKinds.image_tokens);
  const accepted = count(output.accepted_prediction_tokens);
  const rejected = count(output.rejected_prediction_tokens);
  const searches = firstCount(object(usage.server_tool_use).web_search_requests, usage.num_search_queries);
  const cost = costOf(usage);
  // Written one by one: this is read of every answer, and joining a dozen small objects takes several times as long.
  const read: { -readonly [Name in keyof Usage]: Usage[Name] } = { inputTokens, outputTokens };
  if (cached !== undefined) read.cachedInputTokens = Math.min(cached, inputTokens);
  if (cacheWrite !== undefined) read.cacheWriteTokens = Math.min(cacheWrite, inputTokens);
  if (oneHour !== undefined) read.cacheWriteOneHourTokens = Math.min(oneHour, inputTokens);
  if (audioInput !== undefined) read.audioInputTokens = Math.min(audioInput, inputTokens);
  if (imageInput !== undefined) read.imageInputTokens = Math.min(imageInput, inputTokens);
  if (imageOutput !== undefined) read.imageOutputTokens = Math.min(imageOutput, outputTokens);
  if (videoInput !== undefined) read.videoInputTokens = Math.min(videoInput, inputTokens);
  if (videoOutput !== undefined) read.videoOutputTokens = Math.min(videoOutput, outputTokens);
  if (cachedAudio !== undefined) read.cachedAudioInputTokens = Math.min(cachedAudio, inputTokens);
  if (cachedImage !== undefined) read.cachedImageInputTokens = Math.min(cachedImage, inputTokens);
  if (reasoning !== undefined) read.reasoningTokens = Math.min(reasoning, outputTokens);
  if (audioOutput !== undefined) read.audioOutputTokens = Math.min(audioOutput, outputTokens);
  if (accepted !== undefined) read.acceptedPredictionTokens = accepted;
  if (rejected !== undefined) read.rejectedPredictionTokens = rejected;
  if (searches !== undefined) read.webSearchRequests = searches;
  if (cost !== undefined) read.providerCostUsd = cost;
  return read;
}

/**
 * Writes usage for a client: OpenAI's members, and if something was written to a cache also LiteLLM's names for it
 * (`cache_creation_input_tokens`, `cache_read_input_tokens`), which its clients read.
 */
export function writeUsage(usage: Usage): JsonObject {
  const input: JsonObject = {
    cached_tokens: usage.cachedInputTokens ?? 0,
    audio_tokens: usage.audioInputTokens ?? 0,
  };
  const output: JsonObject = {
    reasoning_tokens: usage.reasoningTokens ?? 0,
    audio_tokens: usage.audioOutputTokens ?? 0,
    accepted_prediction_tokens: usage.acceptedPredictionTokens ?? 0,
    rejected_prediction_tokens: usage.rejectedPredictionTokens ?? 0,
  };
  const written: JsonObject = {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: input,
    completion_tokens_details: output,
  };
  if (usage.cacheWriteTokens !== undefined) {
    input.cache_write_tokens = usage.cacheWriteTokens;
    if (usage.cacheWriteOneHourTokens !== undefined) {
      input.cache_creation_token_details = {
        ephemeral_5m_input_tokens: Math.max(0, usage.cacheWriteTokens - usage.cacheWriteOneHourTokens),
        ephemeral_1h_input_tokens: usage.cacheWriteOneHourTokens,
      };
    }
    written.cache_creation_input_tokens = usage.cacheWriteTokens;
    written.cache_read_input_tokens = usage.cachedInputTokens ?? 0;
  }
  if (usage.webSearchRequests !== undefined) {
    written.server_tool_use = { web_search_requests: usage.webSearchRequests };
  }
  return written;
}
