/** Every price field of LiteLLM's price list (1.110): it is applied, or it is in the list of those that are not, with the reason. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JsonObject, JsonValue } from '../core/json.ts';
import type { Usage } from '../formats/neutral/conversation.ts';
import { costOf, type Extras } from './price-of.ts';
import { priceModel } from './prices.ts';

const NAMES = `
  annotation_cost_per_page annotation_cost_per_page_batches cache_creation_input_audio_token_cost
  cache_creation_input_token_cost cache_creation_input_token_cost_above_100k_tokens
  cache_creation_input_token_cost_above_100k_tokens_batches cache_creation_input_token_cost_above_12hr
  cache_creation_input_token_cost_above_12hr_above_272k_tokens
  cache_creation_input_token_cost_above_12hr_above_272k_tokens_batches
  cache_creation_input_token_cost_above_12hr_above_272k_tokens_flex
  cache_creation_input_token_cost_above_12hr_above_272k_tokens_priority
  cache_creation_input_token_cost_above_12hr_above_272k_tokens_ultrafast
  cache_creation_input_token_cost_above_12hr_batches cache_creation_input_token_cost_above_12hr_flex
  cache_creation_input_token_cost_above_12hr_priority cache_creation_input_token_cost_above_12hr_ultrafast
  cache_creation_input_token_cost_above_1hr cache_creation_input_token_cost_above_1hr_above_100k_tokens
  cache_creation_input_token_cost_above_1hr_above_200k_tokens cache_creation_input_token_cost_above_200k_tokens
  cache_creation_input_token_cost_above_272k_tokens cache_creation_input_token_cost_above_272k_tokens_batches
  cache_creation_input_token_cost_above_272k_tokens_decisions cache_creation_input_token_cost_above_272k_tokens_flex
  cache_creation_input_token_cost_above_272k_tokens_priority
  cache_creation_input_token_cost_above_272k_tokens_ultrafast cache_creation_input_token_cost_batches
  cache_creation_input_token_cost_decisions cache_creation_input_token_cost_flex
  cache_creation_input_token_cost_priority cache_creation_input_token_cost_ultrafast
  cache_read_input_audio_token_cost cache_read_input_audio_token_cost_batches cache_read_input_audio_token_cost_flex
  cache_read_input_audio_token_cost_priority cache_read_input_image_token_cost cache_read_input_token_cost
  cache_read_input_token_cost_above_100k_tokens cache_read_input_token_cost_above_100k_tokens_batches
  cache_read_input_token_cost_above_200k_tokens cache_read_input_token_cost_above_200k_tokens_batches
  cache_read_input_token_cost_above_200k_tokens_flex cache_read_input_token_cost_above_200k_tokens_priority
  cache_read_input_token_cost_above_256k_tokens cache_read_input_token_cost_above_272k_tokens
  cache_read_input_token_cost_above_272k_tokens_batches cache_read_input_token_cost_above_272k_tokens_decisions
  cache_read_input_token_cost_above_272k_tokens_flex cache_read_input_token_cost_above_272k_tokens_priority
  cache_read_input_token_cost_above_272k_tokens_ultrafast cache_read_input_token_cost_above_32k_tokens
  cache_read_input_token_cost_above_512k_tokens cache_read_input_token_cost_balanced
  cache_read_input_token_cost_batches cache_read_input_token_cost_decisions cache_read_input_token_cost_flex
  cache_read_input_token_cost_priority cache_read_input_token_cost_ultrafast citation_cost_per_token
  code_interpreter_cost_per_session cost_per_second explicit_cache_read_input_token_cost
  google_maps_grounding_cost_per_query guardrail_cost_per_unit input_cost_per_audio_per_second
  input_cost_per_audio_per_second_above_128k_tokens input_cost_per_audio_token
  input_cost_per_audio_token_above_200k_tokens input_cost_per_audio_token_above_200k_tokens_batches
  input_cost_per_audio_token_above_200k_tokens_flex input_cost_per_audio_token_above_200k_tokens_priority
  input_cost_per_audio_token_batches input_cost_per_audio_token_flex input_cost_per_audio_token_priority
  input_cost_per_character input_cost_per_character_above_128k_tokens input_cost_per_image
  input_cost_per_image_above_128k_tokens input_cost_per_image_token input_cost_per_image_token_batches
  input_cost_per_pixel input_cost_per_query input_cost_per_request input_cost_per_second input_cost_per_text_message
  input_cost_per_token input_cost_per_token_above_100k_tokens input_cost_per_token_above_100k_tokens_batches
  input_cost_per_token_above_128k_tokens input_cost_per_token_above_200k_tokens
  input_cost_per_token_above_200k_tokens_batches input_cost_per_token_above_200k_tokens_flex
  input_cost_per_token_above_200k_tokens_priority input_cost_per_token_above_256k_tokens
  input_cost_per_token_above_272k_tokens input_cost_per_token_above_272k_tokens_batches
  input_cost_per_token_above_272k_tokens_decisions input_cost_per_token_above_272k_tokens_flex
  input_cost_per_token_above_272k_tokens_priority input_cost_per_token_above_272k_tokens_ultrafast
  input_cost_per_token_above_32k_tokens input_cost_per_token_above_512k_tokens input_cost_per_token_balanced
  input_cost_per_token_batches input_cost_per_token_cache_hit input_cost_per_token_decisions
  input_cost_per_token_flex input_cost_per_token_priority input_cost_per_token_ultrafast
  input_cost_per_video_per_second input_cost_per_video_per_second_above_128k_tokens
  input_cost_per_video_per_second_above_15s_interval input_cost_per_video_per_second_above_8s_interval
  input_cost_per_video_token input_cost_per_video_token_batches input_dbu_cost_per_token ocr_cost_per_credit
  ocr_cost_per_page ocr_cost_per_page_batches off_peak_pricing output_cost_per_audio_token output_cost_per_character
  output_cost_per_character_above_128k_tokens output_cost_per_image output_cost_per_image_0.5K
  output_cost_per_image_1024 output_cost_per_image_1536 output_cost_per_image_1K output_cost_per_image_2K
  output_cost_per_image_4K output_cost_per_image_512 output_cost_per_image_token output_cost_per_image_token_batches
  output_cost_per_image_token_priority output_cost_per_pixel output_cost_per_reasoning_token output_cost_per_second
  output_cost_per_second_1080p output_cost_per_second_2k output_cost_per_second_480p output_cost_per_second_4k
  output_cost_per_second_720p output_cost_per_second_768p output_cost_per_token
  output_cost_per_token_above_100k_tokens output_cost_per_token_above_100k_tokens_batches
  output_cost_per_token_above_128k_tokens output_cost_per_token_above_200k_tokens
  output_cost_per_token_above_200k_tokens_batches output_cost_per_token_above_200k_tokens_flex
  output_cost_per_token_above_200k_tokens_priority output_cost_per_token_above_256k_tokens
  output_cost_per_token_above_272k_tokens output_cost_per_token_above_272k_tokens_batches
  output_cost_per_token_above_272k_tokens_decisions output_cost_per_token_above_272k_tokens_flex
  output_cost_per_token_above_272k_tokens_priority output_cost_per_token_above_272k_tokens_ultrafast
  output_cost_per_token_above_32k_tokens output_cost_per_token_above_512k_tokens output_cost_per_token_balanced
  output_cost_per_token_batches output_cost_per_token_decisions output_cost_per_token_flex
  output_cost_per_token_priority output_cost_per_token_ultrafast output_cost_per_video_per_second
  output_cost_per_video_token output_dbu_cost_per_token search_context_cost_per_query tiered_pricing`
  .trim()
  .split(/\s+/);

const OTHER_OPERATION = 'a price of videos, pages or searches as operations of their own, which are not served';
/** Why a field is not applied, by the beginning of its name. */
const NOT_APPLIED: readonly (readonly [name: RegExp, why: string])[] = [
  [/^(?:annotation|ocr)_cost_per_|^output_cost_per_(?:second_|video_per_second)/, OTHER_OPERATION],
  [
    /^(?:code_interpreter|google_maps|guardrail|citation)_/,
    'tools that are refused under a budget, or told with the price of the answer',
  ],
  [/^input_cost_per_text_message/, 'messages of a voice session, which is not served'],
  [
    /^cache_creation_input_audio_token_cost/,
    'listed for voice sessions alone; no usage of the operations served says how many there were',
  ],
  [
    /^explicit_cache/,
    'no usage of its provider says how many tokens came from the cache that was asked for; what comes from any cache costs the dearer price',
  ],
  [/_above_\d+s_interval$/, 'the step at which an embedding of a video looks at it; no embedding of a video is served'],
  [/_dbu_cost_/, 'units of one provider, whose prices in USD are given beside them'],
];

const USAGE: Usage = {
  inputTokens: 600_000,
  outputTokens: 6_000,
  cachedInputTokens: 3_000,
  cachedAudioInputTokens: 1_000,
  cachedImageInputTokens: 1_000,
  cacheWriteTokens: 2_000,
  cacheWriteOneHourTokens: 1_000,
  audioInputTokens: 2_000,
  imageInputTokens: 2_000,
  videoInputTokens: 1_000,
  reasoningTokens: 1_000,
  audioOutputTokens: 1_000,
  imageOutputTokens: 1_000,
  videoOutputTokens: 1_000,
  webSearchRequests: 1,
};
const EXTRAS: Extras = {
  units: { image: 1, pixel: 1, soundSecond: 1, videoSecond: 1, character: 1, query: 1, second: 1, answerSecond: 1 },
  written: { characters: 1, images: [100_000, 1_000_000, 2_000_000, 4_000_000, 16_000_000] },
  searchContextSize: 'medium',
};
/** Sunday, 00:30. */
const AT_MS = Date.UTC(2026, 10, 29, 0, 30);
const SUFFIX = /_(flex|priority|batches|ultrafast|balanced|decisions)$/;

const PLAIN = { input_cost_per_token: 0.000001, output_cost_per_token: 0.000001 };
/** What is priced by tokens is not charged for its time. */
const WITHOUT_TOKENS = { input_cost_per_token: 0, output_cost_per_token: 0 };

function costWith(name: string, info: JsonObject, serviceTier: string | undefined): bigint | undefined {
  const tokens = /^(?:input_|output_)?cost_per_second$/.test(name) ? WITHOUT_TOKENS : PLAIN;
  const priced = priceModel({ provider: 'x', priceProvider: null, model: 'y', modelInfo: { ...tokens, ...info } });
  const isKeptLong = name.includes('_above_12hr');
  return costOf(USAGE, priced.ratesOfAnswer({ serviceTier }, AT_MS), { ...EXTRAS, isKeptLong })?.total;
}

/** Whether what is booked follows the field. */
function isApplied(name: string): boolean {
  const tier = SUFFIX.exec(name)?.[1]?.replace('batches', 'batch');
  const plain = name.replace(SUFFIX, '').replace(/_above_\d+k_tokens$/, '');
  const before: JsonObject = plain === name ? {} : { [plain]: 0.000002 };
  return costWith(name, { ...before, [name]: priceFor(name) }, tier) !== costWith(name, before, tier);
}

function priceFor(name: string): JsonValue {
  if (name === 'search_context_cost_per_query') return { search_context_size_medium: 0.01 };
  if (name === 'off_peak_pricing') return { hours_utc: ['00:00-01:00'], input_cost_per_token: 0.003 };
  if (name === 'tiered_pricing')
    return [{ range: [0, 1_000], input_cost_per_token: 0.003, output_cost_per_token: 0.003 }];
  return 0.003;
}

describe('price fields', () => {
  test('each is applied, or is listed with the reason why not', () => {
    const wrong = NAMES.filter((name) => isApplied(name) === NOT_APPLIED.some(([pattern]) => pattern.test(name)));
    assert.deepEqual(wrong, []);
  });

  test('most are applied', () => {
    assert.ok(NAMES.filter(isApplied).length > NAMES.length * 0.6);
  });
});
