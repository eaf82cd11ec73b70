/** Prices, under the names of LiteLLM's price file. */
import { now, type SettingRows, several } from '../setting-rows.ts';

const COST_NAMES = `
  input_cost_per_token output_cost_per_token input_cost_per_second output_cost_per_second output_cost_per_second_1080p
  input_cost_per_pixel output_cost_per_pixel input_cost_per_token_flex input_cost_per_token_priority
  cache_creation_input_token_cost cache_creation_input_token_cost_above_1hr
  cache_creation_input_token_cost_above_1hr_above_200k_tokens cache_creation_input_token_cost_above_200k_tokens
  cache_creation_input_token_cost_above_272k_tokens cache_creation_input_token_cost_above_272k_tokens_priority
  cache_creation_input_token_cost_above_272k_tokens_flex cache_creation_input_token_cost_flex
  cache_creation_input_token_cost_priority cache_creation_input_audio_token_cost cache_read_input_token_cost
  cache_read_input_token_cost_flex cache_read_input_token_cost_priority cache_read_input_token_cost_batches
  cache_read_input_image_token_cost cache_read_input_token_cost_per_audio_token
  cache_read_input_token_cost_above_200k_tokens cache_read_input_token_cost_above_200k_tokens_priority
  cache_read_input_token_cost_above_272k_tokens cache_read_input_token_cost_above_272k_tokens_priority
  cache_read_input_token_cost_above_272k_tokens_flex cache_read_input_token_cost_above_512k_tokens
  cache_read_input_audio_token_cost input_cost_per_character input_cost_per_character_above_128k_tokens
  input_cost_per_audio_token input_cost_per_audio_token_priority input_cost_per_token_cache_hit
  input_cost_per_token_above_128k_tokens input_cost_per_token_above_200k_tokens
  input_cost_per_token_above_200k_tokens_priority input_cost_per_token_above_256k_tokens
  input_cost_per_token_above_272k_tokens input_cost_per_token_above_272k_tokens_priority
  input_cost_per_token_above_272k_tokens_flex input_cost_per_token_above_512k_tokens input_cost_per_query
  input_cost_per_request input_cost_per_image input_cost_per_image_token input_cost_per_image_above_128k_tokens
  input_cost_per_video_token input_cost_per_audio_per_second input_cost_per_audio_per_second_above_128k_tokens
  input_cost_per_video_per_second input_cost_per_video_per_second_above_128k_tokens
  input_cost_per_video_per_second_above_15s_interval input_cost_per_video_per_second_above_8s_interval
  input_cost_per_token_batches input_cost_per_token_batch_requests output_cost_per_token_batches
  output_cost_per_token_flex output_cost_per_token_priority output_cost_per_character output_cost_per_audio_token
  output_cost_per_token_above_128k_tokens output_cost_per_token_above_200k_tokens
  output_cost_per_token_above_200k_tokens_priority output_cost_per_token_above_256k_tokens
  output_cost_per_token_above_272k_tokens output_cost_per_token_above_272k_tokens_priority
  output_cost_per_token_above_272k_tokens_flex output_cost_per_token_above_512k_tokens
  output_cost_per_character_above_128k_tokens output_cost_per_image output_cost_per_image_token
  output_cost_per_image_token_batches output_cost_per_video_token output_cost_per_reasoning_token
  output_cost_per_video_per_second output_cost_per_audio_per_second citation_cost_per_token ocr_cost_per_page
  ocr_cost_per_credit annotation_cost_per_page code_interpreter_cost_per_session
  computer_use_input_cost_per_1k_tokens computer_use_output_cost_per_1k_tokens file_search_cost_per_1k_calls
  file_search_cost_per_gb_per_day vector_store_cost_per_gb_per_day input_dbu_cost_per_token output_dbu_cost_per_token`;

const inWords = (name: string): string => {
  const words = name.replaceAll('_', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}, in USD; replaces the price known for the model.`;
};

/** Prices: members of `model_info` or of `litellm_params`. */
export const PRICE_SETTINGS = {
  ...several(COST_NAMES, (name) => now('usd', inWords(name))),
  regional_processing_uplift_multiplier_eu: now('number', 'Factor on all prices for processing in the EU.'),
  regional_processing_uplift_multiplier_us: now('number', 'Factor on all prices for processing in the US.'),
  search_context_cost_per_query: now('map', 'USD per web search by size of the search context.'),
  tiered_pricing: now('list', 'Prices by range of prompt length.'),
  output_vector_size: now('integer', 'Dimensions of an embedding.'),
} satisfies SettingRows;
