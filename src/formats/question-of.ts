/** The question of a request: what its user asked last, apart from everything else that decides the answer. */
import { canonicalJson } from '../core/canonical-json.ts';
import type { JsonObject } from '../core/json.ts';
import { answerDeciding, decidingText } from './deciding-request.ts';
import type { ConversationFormat } from './format.ts';
import type { Part } from './neutral/conversation.ts';

/** A question and what surrounds it. */
export interface Question {
  readonly text: string;
  /** Everything else, in one spelling: earlier turns, instructions, parameters. */
  readonly rest: string;
  /** Undefined: the request says none. */
  readonly temperature: number | undefined;
}

/**
 * The question of a request that is nothing but texts; undefined if it is anything else: with tools, media, several answers, with
 * members that the neutral conversation does not have, or if its last turn is not one text of the user.
 */
export function questionOf(format: ConversationFormat, body: JsonObject): Question | undefined {
  const { request } = format.readRequest(body);
  const { turns, tools, sampling, modalities } = request;
  const { choices = 1, logprobs = false, topLogprobs = 0, temperature } = sampling;
  if ((tools !== undefined && tools.length > 0) || choices > 1 || logprobs || topLogprobs > 0) return undefined;
  if (modalities !== undefined && modalities.join() !== 'text') return undefined;
  const last = turns.at(-1);
  const [only] = last?.parts ?? [];
  if (last?.role !== 'user' || last.parts.length !== 1 || only?.type !== 'text') return undefined;
  if (!turns.every(({ parts }) => parts.every(isText)) || decidingText(format, body) === undefined) return undefined;
  const asked = { ...last, parts: [{ ...only, text: '' }] };
  const rest = canonicalJson(answerDeciding({ ...request, turns: [...turns.slice(0, -1), asked] }));
  return { text: only.text, rest, temperature };
}

const isText = ({ type }: Part): boolean => type === 'text' || type === 'refusal';
