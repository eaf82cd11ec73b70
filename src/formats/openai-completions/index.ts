import type { ConversationFormat } from '../format.ts';
import { readError, writeError } from '../openai-chat/errors.ts';
import { OpenAiStreamCheck } from '../openai-chat/stream-check.ts';
import { readUsage } from '../openai-chat/usage.ts';
import { forChat } from './for-chat.ts';
import { readRequest } from './read-request.ts';
import { readResponse } from './read-response.ts';
import { severalPrompts } from './several-prompts.ts';
import { OpenAiCompletionsStreamReader } from './stream-reader.ts';
import { OpenAiCompletionsStreamWriter } from './stream-writer.ts';
import { writeRequest } from './write-request.ts';
import { writeResponse } from './write-response.ts';

/** OpenAI's legacy text completions. */
export const openaiCompletions: ConversationFormat = {
  id: 'openai-completions',
  repeatedOf: ({ echo, prompt }) => (echo === true ? { echo, prompt } : {}),
  readRequest,
  writeRequest,
  readResponse,
  writeResponse,
  openStreamReader: () => new OpenAiCompletionsStreamReader(),
  openStreamWriter: (facts) => new OpenAiCompletionsStreamWriter(facts),
  readUsage,
  readError,
  writeError,
  forOthers: forChat,
  several: severalPrompts,
  openStreamCheck: () => new OpenAiStreamCheck(undefined),
};
