import type { ToolLimits } from '../../formats/neutral/tool-limits.ts';

/** What OpenAI and Azure take as ids of calls, "a string with maximum length 40": https://github.com/agno-agi/agno/issues/5382, read 2026-11-28. */
export const OPENAI_TOOL_LIMITS: ToolLimits = {
  ids: { taken: /^.{1,40}$/s, refused: /[^a-zA-Z0-9_-]/g, maxLength: 40, words: 'at most 40 characters' },
};

const NO_LIMITS: ToolLimits = {};
const OPENAI_MODEL = /^(?:openai\/)?(?:ft:)?(?:gpt-(?!oss)|chatgpt-|o\d|codex-|computer-use-)/;

/** Whether this is one of OpenAI's own models, whose tool calls set the format. */
export function isOpenAiModel(model: string): boolean {
  return OPENAI_MODEL.test(model);
}

/** The limits of OpenAI's own models; a server of the same format that serves others takes any id. */
export function openAiToolLimits(model: string): ToolLimits {
  return isOpenAiModel(model) ? OPENAI_TOOL_LIMITS : NO_LIMITS;
}
