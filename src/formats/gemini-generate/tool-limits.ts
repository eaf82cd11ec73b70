import type { ToolLimits } from '../neutral/tool-limits.ts';

/** What Gemini takes as names of functions (https://github.com/kaitranntt/ccs/issues/25, read 2026-11-28). It takes any id. */
export const GEMINI_TOOLS: ToolLimits = {
  names: {
    taken: /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/,
    refused: /[^a-zA-Z0-9_.:-]/g,
    first: /^[a-zA-Z_]/,
    maxLength: 64,
    words: 'at most 64 letters, digits, _, ., : and -, the first a letter or _',
  },
};
