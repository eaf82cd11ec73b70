/** The wire formats this gateway knows, by id. */
import type { JsonObject, JsonValue } from '../core/json.ts';
import type { ReadableEnvelope } from '../wire/envelope.ts';
import { anthropicMessages } from './anthropic-messages/index.ts';
import { AnthropicMessagesOutline } from './anthropic-messages/outline.ts';
import { readMessagesPrompt } from './anthropic-messages/prompt.ts';
import type { ClientError, ConversationFormat, EmbeddingFormat, StreamReader } from './format.ts';
import { embedding as geminiEmbedding, geminiGenerate } from './gemini-generate/index.ts';
import { GeminiGenerateOutline } from './gemini-generate/outline.ts';
import { readGeminiPrompt } from './gemini-generate/prompt.ts';
import type { ModelPlace } from './model-place.ts';
import type { FormatId, ProviderErrorFacts, Usage } from './neutral/conversation.ts';
import { openaiChat } from './openai-chat/index.ts';
import { OpenAiChatOutline } from './openai-chat/outline.ts';
import { readChatPrompt, readResponsesPrompt } from './openai-chat/prompt.ts';
import { openaiCompletions } from './openai-completions/index.ts';
import { OpenAiCompletionsOutline } from './openai-completions/outline.ts';
import * as openaiEmbeddings from './openai-embeddings/index.ts';
import { OpenAiEmbeddingsOutline } from './openai-embeddings/outline.ts';
import { openaiResponses } from './openai-responses/index.ts';
import { OpenAiResponsesOutline } from './openai-responses/outline.ts';
import type { RequestOutline } from './outline.ts';
import type { Prompt } from './prompt-blocks.ts';

/** What the lanes need of a format, also of one that is not conversational. */
export interface FormatParts {
  readonly id: FormatId;
  readonly conversation?: ConversationFormat;
  readonly embedding?: EmbeddingFormat;
  /** What can be known about a request in this format without parsing it. */
  outline(body: Buffer, envelope: ReadableEnvelope): RequestOutline;
  readUsage(value: JsonValue): Usage | undefined;
  readError(body: JsonValue): ProviderErrorFacts | undefined;
  openStreamReader(): StreamReader;
  /** An error as the body of a whole answer. */
  writeError(error: ClientError): JsonObject;
  /** Writes an error into a stream of which some was sent already. */
  openFailureWriter(): { fail(error: ClientError): string };
  /** The bytes that close a whole stream if the provider forgot them. */
  readonly endMark: string;
  /** What keeps a stream open and says nothing; absent: its clients take nothing of the kind. */
  readonly ping?: string;
  readonly modelPlace: ModelPlace;
  /** The parts of a prompt in its provider's order, and where it may be marked; absent: it has none. */
  readPrompt?(body: Buffer, envelope: ReadableEnvelope): Prompt;
}

const FAILURE_FACTS = { id: '', model: '', createdSeconds: 0, streamUsage: false };

type Outline = new (body: Buffer, envelope: ReadableEnvelope) => RequestOutline;

function conversational(
  format: ConversationFormat,
  Outline: Outline,
  endMark: string,
  modelPlace: ModelPlace,
): FormatParts {
  return {
    id: format.id,
    conversation: format,
    outline: (body, envelope) => new Outline(body, envelope),
    readUsage: (value) => format.readUsage(value),
    readError: (body) => format.readError(body),
    openStreamReader: () => format.openStreamReader(),
    writeError: (error) => format.writeError(error),
    openFailureWriter: () => format.openStreamWriter(FAILURE_FACTS),
    endMark,
    modelPlace,
  };
}

/** OpenAI's SDKs refuse an answer that names no model. */
const OPENAI_PLACE: ModelPlace = { member: 'model', isInEveryEvent: true, before: 'choices' };

/** A comment of server-sent events, which readers pass over. */
const COMMENT = ': ping\n\n';

const NO_STREAM: StreamReader = { read: () => {}, close: () => {} };

const FORMATS: Partial<Readonly<Record<FormatId, FormatParts>>> = {
  'openai-chat': {
    ...conversational(openaiChat, OpenAiChatOutline, 'data: [DONE]\n\n', OPENAI_PLACE),
    ping: COMMENT,
    readPrompt: readChatPrompt,
  },
  'openai-completions': {
    ...conversational(openaiCompletions, OpenAiCompletionsOutline, 'data: [DONE]\n\n', OPENAI_PLACE),
    ping: COMMENT,
  },
  'openai-embeddings': {
    id: 'openai-embeddings',
    embedding: openaiEmbeddings.embedding,
    outline: (body, envelope) => new OpenAiEmbeddingsOutline(body, envelope),
    readUsage: (value) => openaiEmbeddings.readUsage(value),
    readError: (body) => openaiEmbeddings.readError(body),
    openStreamReader: () => NO_STREAM,
    writeError: (error) => openaiEmbeddings.writeError(error),
    openFailureWriter: () => openaiChat.openStreamWriter(FAILURE_FACTS),
    endMark: '',
    modelPlace: { member: 'model', isInEveryEvent: true, before: 'data' },
  },
  'anthropic-messages': {
    ...conversational(
      anthropicMessages,
      AnthropicMessagesOutline,
      'event: message_stop\ndata: {"type":"message_stop"}\n\n',
      { member: 'model', streamedIn: 'message', isInEveryEvent: false },
    ),
    ping: 'event: ping\ndata: {"type": "ping"}\n\n',
    readPrompt: readMessagesPrompt,
  },
  'gemini-generate': {
    ...conversational(geminiGenerate, GeminiGenerateOutline, '', {
      member: 'modelVersion',
      isInEveryEvent: true,
    }),
    embedding: geminiEmbedding,
    readPrompt: readGeminiPrompt,
  },
  // Its last event is the whole response: nothing can stand in for one that never came.
  'openai-responses': {
    ...conversational(openaiResponses, OpenAiResponsesOutline, '', {
      member: 'model',
      streamedIn: 'response',
      isInEveryEvent: true,
    }),
    ping: COMMENT,
    readPrompt: readResponsesPrompt,
  },
};

/** Whether a text is the id of a format. */
export const isFormatId = (id: string): id is FormatId => Object.hasOwn(FORMATS, id);

/** The parts of a format. Every format that a provider's operation or an endpoint names is in the table. */
export function formatParts(id: FormatId): FormatParts {
  const parts = FORMATS[id];
  if (parts === undefined) throw new RangeError(`no format ${id}`);
  return parts;
}

/** The conversational half of a format. Throws for a format that is not a conversation. */
export function conversationOf(parts: FormatParts): ConversationFormat {
  if (parts.conversation === undefined) throw new RangeError(`${parts.id} is not a conversation`);
  return parts.conversation;
}
