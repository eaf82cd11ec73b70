/** A whole answer of `generateContent`. */
import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject, objectsOf, stringOf } from '../../core/json.ts';
import { FormatError } from '../format.ts';
import { CallIds } from '../neutral/call-ids.ts';
import type { Choice, Citation, ConversationResponse, Part } from '../neutral/conversation.ts';
import { readAnswerPart } from './answer-parts.ts';
import { readCitations } from './citations.ts';
import { readCodeStep } from './code-execution.ts';
import { countOf } from './fields.ts';
import { rawFinishOf, readBlock, readFinish } from './finish.ts';
import { readLogprobs } from './logprobs.ts';
import { readUsage } from './usage.ts';
import { readSearches } from './web-search.ts';

/** Reads an answer. Throws `FormatError` for any other body. */
export function readResponse(body: JsonObject, callSeed?: string): ConversationResponse {
  const { candidates, promptFeedback } = body;
  if (!Array.isArray(candidates) && !isJsonObject(promptFeedback) && !isJsonObject(body.usageMetadata)) {
    throw new FormatError('candidates', 'candidates: expected an array.');
  }
  const id = stringOf(body.responseId) ?? '';
  const callIds = new CallIds(callSeed ?? id);
  const citations: Citation[] = [];
  const list = objectsOf(candidates);
  const choices = list.map((candidate, position) => readCandidate(candidate, position, callIds, citations, id));
  if (choices.length === 0) choices.push(emptyChoice(promptFeedback));
  const usage = readUsage(body);
  const createdSeconds = readTime(body.createTime);
  return {
    id,
    model: stringOf(body.modelVersion) ?? '',
    ...defined({ createdSeconds }),
    choices,
    ...defined({ usage }),
    ...(usage?.serviceTier === undefined ? {} : { serviceTier: usage.serviceTier }),
    ...(citations.length === 0 ? {} : { citations }),
  };
}

function readCandidate(
  candidate: JsonObject,
  position: number,
  callIds: CallIds,
  unplaced: Citation[],
  answerId: string,
): Choice {
  const parts: Part[] = [];
  const index = countOf(candidate.index) ?? position;
  let calls = 0;
  let codes = 0;
  for (const part of partsOf(candidate)) {
    const code = readCodeStep(part, codes);
    if (code !== undefined) {
      if (code.step === 'begins') codes += 1;
      parts.push(code);
      continue;
    }
    const read = readAnswerPart(part, (given) => callIds.idOf(given, index, calls++));
    if (read !== undefined) parts.push(read);
  }
  placeCitations(candidate, parts, unplaced);
  const searches = readSearches(candidate, answerId);
  // Behind the text, where its stream has it.
  if (searches !== undefined) parts.push(searches);
  const hasToolCalls = parts.some((part) => part.type === 'tool-call');
  const logprobs = readLogprobs(candidate);
  return {
    index,
    parts,
    finish: readFinish(rawFinishOf(candidate), hasToolCalls),
    ...defined({ logprobs }),
  };
}

/** Citations belong to the last text of the answer, their offsets counted over all of its texts. */
function placeCitations(candidate: JsonObject, parts: Part[], unplaced: Citation[]): void {
  const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const citations = readCitations(candidate, text);
  if (citations.length === 0) return;
  const last = parts.findLastIndex((part) => part.type === 'text' && part.text !== '');
  const part = parts[last];
  if (part?.type === 'text') parts[last] = { ...part, citations };
  else unplaced.push(...citations);
}

/** An answer without candidates: refused before it began, or nothing at all. */
function emptyChoice(promptFeedback: unknown): Choice {
  const block = isJsonObject(promptFeedback) ? readBlock(promptFeedback) : undefined;
  return { index: 0, parts: [], finish: block ?? { reason: 'other' } };
}

/** The parts of a candidate; empty if it has none. */
export function partsOf(candidate: JsonObject): readonly JsonObject[] {
  return isJsonObject(candidate.content) ? objectsOf(candidate.content.parts) : [];
}

/** A timestamp as seconds since the epoch; undefined if it is not one. */
export function readTime(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const milliseconds = Date.parse(value);
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / 1000);
}
