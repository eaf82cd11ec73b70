/** What servers of this format take as names of tools and ids of calls. */
import type { TextLimit, ToolLimits } from '../neutral/tool-limits.ts';
import { isClaudeModel } from './model-names.ts';

/** OpenAI's schema of a function's name (https://platform.openai.com/docs/api-reference/chat/create, read 2026-11-28); the family repeats it. */
const NAMES: TextLimit = {
  taken: /^[a-zA-Z0-9_-]{1,64}$/,
  refused: /[^a-zA-Z0-9_-]/g,
  maxLength: 64,
  words: 'at most 64 letters, digits, _ and -',
};

/** Claude behind a server of this format takes what Claude takes. */
const CLAUDE_CALL_IDS: TextLimit = {
  taken: /^[a-zA-Z0-9_-]+$/,
  refused: /[^a-zA-Z0-9_-]/g,
  maxLength: Number.POSITIVE_INFINITY,
  isUnique: true,
  words: 'letters, digits, _ and -',
};

/** The limits for a model. Of ids most servers take any: Kimi even wants its own, `functions.NAME:0`, back. */
export function toolLimits(model: string): ToolLimits {
  return isClaudeModel(model) ? CLAUDE_LIMITS : FAMILY_LIMITS;
}

const FAMILY_LIMITS: ToolLimits = { names: NAMES };
const CLAUDE_LIMITS: ToolLimits = { names: NAMES, ids: CLAUDE_CALL_IDS };
