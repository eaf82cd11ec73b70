import type { ToolLimits } from '../neutral/tool-limits.ts';

/**
 * What OpenAI takes in its newer API. Of ids "string too long. Expected a string with maximum length 64" tell
 * https://github.com/decolua/9router/issues/393 and https://github.com/NousResearch/hermes-agent/pull/72006, of longer names than in chat
 * completions https://github.com/diegosouzapw/OmniRoute/pull/4317 (2026-11-29).
 */
export const RESPONSES_TOOLS: ToolLimits = {
  names: {
    taken: /^[a-zA-Z0-9_-]{1,128}$/,
    refused: /[^a-zA-Z0-9_-]/g,
    maxLength: 128,
    words: 'at most 128 letters, digits, _ and -',
  },
  ids: { taken: /^.{1,64}$/s, refused: /[^a-zA-Z0-9_-]/g, maxLength: 64, words: 'at most 64 characters' },
};
