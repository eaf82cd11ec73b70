/** OpenAI's Responses format (`POST /v1/responses`), for OpenAI and Azure as providers and for Codex and OpenAI's SDKs as clients. */
import { AnotherAnswerCheck } from '../another-answer.ts';
import type { ConversationFormat } from '../format.ts';
import { holdsForeignCode } from './code-execution.ts';
import {
  askForSummary,
  asksForCompaction,
  compactionObject,
  forOthers,
  isSummarized,
  summarizedAnswer,
} from './compaction.ts';
import { counting } from './count-tokens.ts';
import { readError, writeError } from './errors.ts';
import { FITTED_MEMBERS, fitRequest } from './fit-request.ts';
import { repeatedOf } from './read-items.ts';
import { readRequest } from './read-request.ts';
import { readResponse } from './read-response.ts';
import { holdsForeignReasoning } from './signatures.ts';
import { readPosition } from './stream-position.ts';
import { idOfCreated, ResponsesStreamReader } from './stream-reader.ts';
import { ResponsesStreamWriter } from './stream-writer.ts';
import { RESPONSES_TOOLS } from './tool-limits.ts';
import { readUsage } from './usage.ts';
import { writeRequest } from './write-request.ts';
import { writeResponse } from './write-response.ts';

/** Inside a text the quotes would be escaped. */
const CREATED = Buffer.from('"response.created"');

/** The format `openai-responses`. */
export const openaiResponses: ConversationFormat = {
  id: 'openai-responses',
  hasOwnParameterNames: true,
  repeatedOf,
  repeatsAnswer: true,
  searchMark: Buffer.from('"web_search_call"'),
  readRequest,
  writeRequest,
  readResponse,
  writeResponse,
  openStreamReader: () => new ResponsesStreamReader(),
  openStreamWriter: (facts) => new ResponsesStreamWriter(facts),
  openStreamCheck: () => new AnotherAnswerCheck({ mark: CREATED, idOf: idOfCreated }),
  toolLimits: () => RESPONSES_TOOLS,
  counting,
  compaction: {
    isAsked: asksForCompaction,
    ask: askForSummary,
    answer: summarizedAnswer,
    isAnswer: isSummarized,
    writeObject: compactionObject,
  },
  forOthers,
  readPosition,
  readUsage,
  readError,
  writeError,
  fitting: {
    members: FITTED_MEMBERS,
    fit: (members, abilities, model, report) => fitRequest(members, abilities, model, report),
  },
  // A search for the member passes over nearly every body; only one that holds reasoning is looked at closely.
  mustTranslate: (body) =>
    holdsForeignReasoning(body) ? 'foreign-reasoning' : holdsForeignCode(body) ? 'foreign-code' : undefined,
};
