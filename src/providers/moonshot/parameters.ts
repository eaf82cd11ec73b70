import {
  FAMILY_CHAT_RULES,
  joinRules,
  onlyDefault,
  REASONING_BESIDE_CALLS,
  refuse,
} from '../openai-compatible/parameters.ts';
import { type ParameterRules, UNSUPPORTED } from '../provider.ts';

/** https://platform.kimi.ai/docs/api/chat (2026-11-23): `tool_choice` knows `none`, `auto` and null. */
const CHAT: ParameterRules = joinRules(FAMILY_CHAT_RULES, { values: { tool_choice: refuse('required') } });

/**
 * From Kimi K2.5 on sampling is fixed: 400 "invalid temperature: only 1 is allowed for this model" (0.6 with thinking disabled), and
 * `top_p` 0.95, `n` 1, penalties 0. https://platform.kimi.ai/docs/api/models-overview,
 * https://github.com/anomalyco/opencode/issues/27796 (2026-11-23). 0.6 goes through: only the server knows the mode.
 */
const FIXED_SAMPLING: ParameterRules = joinRules(CHAT, REASONING_BESIDE_CALLS, {
  values: {
    temperature: (value) => (value === 1 || value === null ? undefined : value === 0.6 ? value : UNSUPPORTED),
    top_p: (value) => (value === 0.95 || value === 1 || value === null ? undefined : UNSUPPORTED),
    n: onlyDefault(1),
    presence_penalty: onlyDefault(0),
    frequency_penalty: onlyDefault(0),
  },
});

const THINKING: ParameterRules = joinRules(CHAT, REASONING_BESIDE_CALLS);

/** What a Kimi or Moonshot model takes. */
export function moonshotRules(model: string): ParameterRules {
  if (/thinking/.test(model)) return THINKING;
  return /^kimi-k(?:2\.[5-9]|[3-9])/.test(model) ? FIXED_SAMPLING : CHAT;
}
