/** Google's `generateContent`: the language of the Gemini API and of Gemini on Vertex. */
import { AnotherAnswerCheck } from '../another-answer.ts';
import type { ConversationFormat } from '../format.ts';
import { counting } from './count-tokens.ts';
import { readError, writeError } from './errors.ts';
import { FITTED_MEMBERS, fitRequest } from './fit-request.ts';
import { readRequest } from './read-request.ts';
import { readResponse } from './read-response.ts';
import { idOfContent, openStreamReader } from './stream-reader.ts';
import { openStreamWriter } from './stream-writer.ts';
import { GEMINI_TOOLS } from './tool-limits.ts';
import { readUsage } from './usage.ts';
import { writeRequest } from './write-request.ts';
import { writeResponse } from './write-response.ts';

export { embedding } from './embeddings.ts';

/** The format `gemini-generate`. */
export const geminiGenerate: ConversationFormat = {
  id: 'gemini-generate',
  namesModelInPath: true,
  searchMark: Buffer.from('"webSearchQueries"'),
  hasOwnParameterNames: true,
  readRequest,
  writeRequest,
  readResponse,
  writeResponse,
  openStreamReader,
  openStreamWriter,
  openStreamCheck: () => new AnotherAnswerCheck({ idOf: idOfContent }),
  toolLimits: () => GEMINI_TOOLS,
  fitting: { members: FITTED_MEMBERS, fit: fitRequest },
  counting,
  readUsage,
  readError,
  writeError,
};
