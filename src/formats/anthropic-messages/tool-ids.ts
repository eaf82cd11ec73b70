/** Names of tools and ids of calls as Claude takes them, and how ids of other providers travel through an Anthropic client. */

import type { JsonObject } from '../../core/json.ts';
import { fitText, type TextLimit, type ToolLimits } from '../neutral/tool-limits.ts';
import { parseArguments } from '../parse-arguments.ts';

/** Claude refuses a request with any other id, and one with an id that two calls have (claude-code-router#1808, read 2026-11-28). */
const IDS: TextLimit = {
  taken: /^[a-zA-Z0-9_-]+$/,
  refused: /[^a-zA-Z0-9_-]/g,
  maxLength: Number.POSITIVE_INFINITY,
  isUnique: true,
  words: 'letters, digits, _ and -',
};

/** https://github.com/anthropics/claude-code/issues/96152 and https://github.com/home-assistant/core/issues/147760, read 2026-11-28. */
export const CLAUDE_TOOLS: ToolLimits = {
  names: {
    taken: /^[a-zA-Z0-9_-]{1,128}$/,
    refused: /[^a-zA-Z0-9_-]/g,
    maxLength: 128,
    words: 'at most 128 letters, digits, _ and -',
  },
  ids: IDS,
};

/** The id as Anthropic takes it: the same for a call and its result, and for every request that repeats them. */
export function writeToolId(id: string): string {
  return fitText(id, IDS);
}

/** The mark of an id that holds another one. */
const CARRIED = 'toolu_sluice_';

/**
 * The id of a call in an answer for an Anthropic client. The client hands it back in every later turn, also to Claude; one that
 * Claude would refuse travels in letters that Claude takes, and its own provider gets it back as it was.
 */
export function carryToolId(id: string): string {
  if (IDS.taken.test(id) && !id.startsWith(CARRIED)) return id;
  return CARRIED + Buffer.from(id, 'utf8').toString('base64url');
}

/** The provider's id in one that a client hands back. */
export function readToolId(id: string): string {
  if (!id.startsWith(CARRIED)) return id;
  const held = Buffer.from(id.slice(CARRIED.length), 'base64url').toString('utf8');
  return held !== '' && carryToolId(held) === id ? held : id;
}

/**
 * The `input` of a call, which must be an object. Other text (a model that wrote broken JSON, a custom tool's free text) is
 * kept where the model sees again what it wrote: an empty object would make it believe that it had passed nothing.
 */
export function writeToolInput(args: string, custom: boolean): JsonObject {
  if (custom) return { input: args };
  if (args.trim() === '') return {};
  return parseArguments(args) ?? { _raw: args };
}
