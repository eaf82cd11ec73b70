/** Answers that no model gave, as a provider would have written them: so everything behind takes them as it takes true ones. */
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { FormatError } from './format.ts';
import { type FormatParts, formatParts } from './index.ts';
import type { ConversationResponse, StreamEvent } from './neutral/conversation.ts';
import { eventsOf } from './neutral/events-of.ts';

/** What the answer is to hold. */
interface MockContent {
  /** A text, a list of numbers, or a whole answer in the form of a chat completion or of the provider. */
  readonly answer: JsonValue | undefined;
  readonly toolCalls: readonly JsonValue[];
}

/** The request that it answers, as it was written for the provider. */
interface MockedRequest {
  readonly body: Buffer;
  /** A larger body is not parsed: it gets one answer, whatever it asks for. */
  readonly mostParsedBytes: number;
  readonly isEmbedding: boolean;
  readonly stream: boolean;
  readonly id: string;
  readonly model: string;
  readonly createdSeconds: number;
  /** About how long the prompt is, in tokens. */
  readonly inputTokens: number;
}

/** About, over all languages and tokenisers. */
const BYTES_PER_TOKEN = 4;
const MOST_ANSWERS = 16;

/** Writes the answer in a provider's format: events if it streams. Throws a `FormatError` if the content does not fit the request. */
export function writeMock(format: FormatParts, { answer, toolCalls }: MockContent, request: MockedRequest) {
  if (request.isEmbedding) return whole(vectorsOf(format, answer, request));
  const isCompletion = isJsonObject(answer) && isChatCompletion(answer);
  if (isJsonObject(answer) && !isCompletion) return whole(answer);
  if (Array.isArray(answer)) {
    throw new FormatError('mock_response', 'A list of numbers answers embeddings only; give a text or a whole answer.');
  }
  const { conversation } = format;
  if (conversation === undefined) throw new FormatError('mock_response', 'This operation cannot be mocked.');
  const asked = request.body.length <= request.mostParsedBytes ? parsed(request.body) : undefined;
  const response: ConversationResponse = readCompletion(
    isCompletion ? answer : completionOf(answer ?? '', toolCalls, request, choicesIn(format, asked)),
    request,
  );
  const repeated = asked === undefined ? {} : (conversation.repeatedOf?.(asked) ?? {});
  const { id, model, createdSeconds } = request;
  const facts = { id, model, createdSeconds, streamUsage: true, estimatedInput: () => request.inputTokens };
  const written = { ...facts, asked: () => repeated };
  if (!request.stream) return whole(conversation.writeResponse(response, written));
  const writer = conversation.openStreamWriter(written);
  let text = '';
  for (const event of eventsOf(response)) {
    if (event.type === 'end') text += writer.end();
    else for (const piece of inPieces(event)) text += writer.write(piece);
  }
  return { bytes: Buffer.from(text), isStream: true };
}

const whole = (answer: JsonObject) => ({ bytes: Buffer.from(JSON.stringify(answer)), isStream: false });

const parsed = (body: Buffer): JsonObject => JSON.parse(body.toString('utf8')) as JsonObject;

function isChatCompletion({ choices }: JsonObject): boolean {
  return Array.isArray(choices) && choices.some((choice) => isJsonObject(choice) && isJsonObject(choice.message));
}

/** How many answers are wanted. */
function choicesIn({ conversation }: FormatParts, asked: JsonObject | undefined): number {
  if (asked === undefined || conversation === undefined) return 1;
  const { choices = 1 } = conversation.readRequest(asked).request.sampling;
  return Math.max(1, Math.min(MOST_ANSWERS, choices));
}

function completionOf(
  content: JsonValue,
  toolCalls: readonly JsonValue[],
  { id, model, createdSeconds, inputTokens }: MockedRequest,
  count: number,
): JsonObject {
  const isCalling = toolCalls.length > 0;
  const message = { role: 'assistant', content, ...(isCalling && { tool_calls: [...toolCalls] }) };
  const length = Buffer.byteLength(JSON.stringify(isCalling ? [content, ...toolCalls] : content));
  const outputTokens = Math.ceil(length / BYTES_PER_TOKEN) * count;
  return {
    ...{ id, model, created: createdSeconds, object: 'chat.completion' },
    choices: Array.from({ length: count }, (_, index) => ({
      ...{ index, message },
      finish_reason: isCalling ? 'tool_calls' : 'stop',
    })),
    usage: {
      prompt_tokens: inputTokens,
      completion_tokens: outputTokens,
      total_tokens: inputTokens + outputTokens,
    },
  };
}

function readCompletion(completion: JsonObject, { id, model }: MockedRequest): ConversationResponse {
  const { conversation } = formatParts('openai-chat');
  if (conversation === undefined) throw new RangeError('chat completions are conversations');
  return conversation.readResponse({ model, ...completion }, id);
}

/** A few words each, so that a stream is seen to be one. */
function inPieces(event: StreamEvent): readonly StreamEvent[] {
  if (event.type !== 'text') return [event];
  const pieces = event.text.match(/.{1,32}/gsu) ?? [event.text];
  if (pieces.length === 1) return [event];
  const { startsPart, ...rest } = event;
  return pieces.map((text, place) => ({
    ...rest,
    text,
    ...(place === 0 && startsPart === true && { startsPart }),
  }));
}

/** One vector for each input, or the same for all. */
function vectorsOf({ embedding }: FormatParts, answer: JsonValue | undefined, request: MockedRequest): JsonObject {
  if (isJsonObject(answer)) return answer;
  if (embedding === undefined || !Array.isArray(answer)) {
    throw new FormatError('mock_response', 'Embeddings are answered by a list of numbers, or a whole answer.');
  }
  if (request.body.length > request.mostParsedBytes) {
    throw new FormatError('mock_response', 'This request is too large to be answered by a mock.');
  }
  const asked = embedding.readRequest(parsed(request.body));
  const lists = answer.every((item) => Array.isArray(item)) ? (answer as JsonValue[][]) : [answer];
  const vectors = asked.inputs.map((_, place) => numbers(lists[place] ?? lists[0] ?? []));
  return embedding.writeAnswer({ vectors, usage: { inputTokens: request.inputTokens, outputTokens: 0 } }, asked);
}

function numbers(list: readonly JsonValue[]): readonly number[] {
  const found = list.filter((item) => typeof item === 'number');
  if (found.length === list.length) return found;
  throw new FormatError('mock_response', 'A vector is a list of numbers.');
}
