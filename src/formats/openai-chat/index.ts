import type { ConversationFormat } from '../format.ts';
import { readError, writeError } from './errors.ts';
import { FITTED_MEMBERS, fitRequest } from './fit-request.ts';
import { readRequest } from './read-request.ts';
import { readResponse } from './read-response.ts';
import { OpenAiStreamCheck } from './stream-check.ts';
import { readPosition } from './stream-position.ts';
import { OpenAiChatStreamReader } from './stream-reader.ts';
import { OpenAiChatStreamWriter } from './stream-writer.ts';
import { withCallIds } from './tool-call-repair.ts';
import { toolLimits } from './tool-limits.ts';
import { readUsage } from './usage.ts';
import { writeRequest } from './write-request.ts';
import { writeResponse } from './write-response.ts';

/** OpenAI's chat completions, and what everybody who is compatible with them makes of it. */
export const openaiChat: ConversationFormat = {
  id: 'openai-chat',
  readRequest,
  writeRequest,
  readResponse,
  writeResponse,
  openStreamReader: (callSeed) => new OpenAiChatStreamReader(callSeed),
  openStreamWriter: (facts) => new OpenAiChatStreamWriter(facts),
  readUsage,
  readError,
  writeError,
  readPosition,
  fitting: { members: FITTED_MEMBERS, fit: fitRequest },
  toolLimits,
  openStreamCheck: (callSeed) => new OpenAiStreamCheck(callSeed),
  withCallIds,
};
