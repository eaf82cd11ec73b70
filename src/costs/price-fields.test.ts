/** Every price field of LiteLLM's price list (1.110): it is applied, or it is in the list of those that are not, with the reason. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JsonObject, JsonValue } from '../core/json.ts';
import type { Usage } from '../formats/neutral/conversation.ts';
import { costOf } from './price-of.ts';
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

const OTHER_OPERATION =
  'a price of images, video, speech, pages or searches as operations of their own, which are not served; chat charges for images in tokens';
const NOT_TOLD = 'no usage of the operations served says how many there were';
/** Why a field is not applied, by the beginning of its name. */
const NOT_APPLIED: readonly (readonly [name: RegExp, why: string])[] = [
  [
    /^(?:annotation|ocr)_cost_per_|^output_cost_per_(?:image|pixel|second|video_per_second)(?:_(?!token)|$)/,
    OTHER_OPERATION,
  ],
  [
    /^(?:code_interpreter|google_maps|guardrail|citation)_/,
    'tools that are refused under a budget, or told with the price of the answer',
  ],
  [
    /^(?:input_)?cost_per_second$|^input_cost_per_text_message/,
    'a price of time or of messages, which no answer tells',
  ],
  [
    /^output_cost_per_character|_video_token|_audio_token_cost(?:_|$)|_image_token_cost$|_above_12hr|^explicit_cache/,
    NOT_TOLD,
  ],
  [
    /^input_cost_per_(?!token|audio_token).*_above_(?:128k_tokens|\d+s_interval)$/,
    'listed for models that are not offered any more',
  ],
  [/_dbu_cost_/, 'units of one provider, whose prices in USD are given beside them'],
  [/^off_peak_pricing$/, 'hours at which a model is cheaper: the full price is booked'],
];

const USAGE: Usage = {
  inputTokens: 600_000,
  outputTokens: 6_000,
  cachedInputTokens: 1_000,
  cacheWriteTokens: 2_000,
  cacheWriteOneHourTokens: 1_000,
  audioInputTokens: 1_000,
  imageInputTokens: 1_000,
  reasoningTokens: 1_000,
  audioOutputTokens: 1_000,
  imageOutputTokens: 1_000,
  webSearchRequests: 1,
};
const UNITS = { image: 1, pixel: 1, soundSecond: 1, videoSecond: 1, character: 1, query: 1 };
const SUFFIX = /_(flex|priority|batches|ultrafast|balanced|decisions)$/;

function costWith(info: JsonObject, serviceTier: string | undefined): bigint | undefined {
  const plain = { input_cost_per_token: 0.000001, output_cost_per_token: 0.000001 };
  const priced = priceModel({ provider: 'x', priceProvider: null, model: 'y', modelInfo: { ...plain, ...info } });
  return costOf(USAGE, priced.ratesOfAnswer({ serviceTier }, 0), { units: UNITS, searchContextSize: 'medium' })?.total;
}

/** Whether what is booked follows the field. */
function isApplied(name: string): boolean {
  const tier = SUFFIX.exec(name)?.[1]?.replace('batches', 'batch');
  const plain = name.replace(SUFFIX, '').replace(/_above_\d+k_tokens$/, '');
  const before: JsonObject = plain === name ? {} : { [plain]: 0.000002 };
  return costWith({ ...before, [name]: priceFor(name) }, tier) !== costWith(before, tier);
}

function priceFor(name: string): JsonValue {
  if (name === 'search_context_cost_per_query') return { search_context_size_medium: 0.01 };
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
