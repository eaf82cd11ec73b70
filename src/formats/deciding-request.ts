/** What of a request decides its answer, in one spelling for all formats. */
import { canonicalJson } from '../core/canonical-json.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { isBesideAnswer } from './beside-the-answer.ts';
import type { ConversationFormat } from './format.ts';
import type { ConversationRequest, Sampling, ToolChoice } from './neutral/conversation.ts';

/**
 * The text that requests of all formats share only if the same answer suits them all; undefined if the neutral conversation does not
 * say all of the request, which then can be like others of its own format only. Throws `FormatError` if it cannot be read.
 */
export function decidingText(format: ConversationFormat, body: JsonObject): string | undefined {
  const { request, dropped } = format.readRequest(body);
  if (dropped.length > 0) return undefined;
  const written = format.writeRequest(request, { model: request.model, traits: {} });
  // What is read and written again has lost something, unless it is the request.
  if (written.dropped.length > 0 || plainText(written.body) !== plainText(body)) return undefined;
  return canonicalJson(answerDeciding(request));
}

/** The parts of a request that decide its answer. */
export function answerDeciding(request: ConversationRequest): unknown {
  // Who asks, what for, and what the provider shall keep of the prompt; the model has a place of its own in the key.
  const { model, stream, streamUsage, userId, metadata, cacheMark, promptCacheKey, ...rest } = request;
  const { sampling, toolChoice, tools, output, modalities, extensions, turns } = rest;
  return {
    ...rest,
    turns: withoutMarks(turns),
    tools: tools !== undefined && tools.length > 0 ? withoutMarks(tools) : undefined,
    sampling: said(sampling),
    toolChoice: isDefaultChoice(toolChoice) ? undefined : toolChoice,
    output: output?.type === 'text' ? undefined : output,
    modalities: modalities?.join() === 'text' ? undefined : modalities,
    extensions: ownMembers(extensions),
  };
}

/** What asks for what holds anyway is the same as nothing, at every provider. */
function said({ choices, logprobs, presencePenalty, frequencyPenalty, stop, logitBias, ...rest }: Sampling): unknown {
  return {
    ...rest,
    choices: choices === 1 ? undefined : choices,
    logprobs: logprobs === false ? undefined : logprobs,
    presencePenalty: presencePenalty === 0 ? undefined : presencePenalty,
    frequencyPenalty: frequencyPenalty === 0 ? undefined : frequencyPenalty,
    stop: stop?.length === 0 ? undefined : stop,
    logitBias: logitBias !== undefined && Object.keys(logitBias).length === 0 ? undefined : logitBias,
  };
}

const isDefaultChoice = (choice: ToolChoice | undefined): boolean => choice?.type === 'auto';

/** Members that only the client's format has may mean anything there: with one of them only clients of that format share an answer. */
function ownMembers({ format, fields }: ConversationRequest['extensions']): unknown {
  const deciding = Object.entries(fields).filter(
    ([name, value]) => value !== undefined && value !== null && !isBesideAnswer(name) && !isOwnDefault(name, value),
  );
  return deciding.length === 0 ? undefined : { format, fields: Object.fromEntries(deciding) };
}

/** Marks of a provider's prompt cache change what a request costs and not what it says. */
function withoutMarks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMarks);
  if (typeof value !== 'object' || value === null || value instanceof Map) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => (name === 'cacheMark' ? [] : [[name, withoutMarks(member)]])),
  );
}

/** The members of a request that decide its answer, each in the plainest of the ways in which its format may write it. */
function plainText(body: JsonObject): string {
  const plain: [string, unknown][] = [];
  const system: JsonValue[] = [];
  for (const [name, value] of Object.entries(body)) {
    if (value === undefined || value === null || isBesideAnswer(name) || isOwnDefault(name, value)) continue;
    if (name === 'max_completion_tokens') plain.push(['max_tokens', value]);
    else if (name === 'stop' && typeof value === 'string') plain.push([name, [value]]);
    else if (name === 'instructions' && typeof value === 'string') system.push({ role: 'system', content: value });
    else plain.push([name, plainPart(name, value)]);
  }
  const input = plain.find(([name]) => name === 'input');
  if (input !== undefined) {
    const [, turns] = input;
    if (typeof turns === 'string') input[1] = [...system, { role: 'user', content: turns }];
    else if (Array.isArray(turns)) input[1] = [...system, ...turns];
  } else if (system.length > 0) plain.push(['instructions', system]);
  return canonicalJson(Object.fromEntries(plain));
}

/** What the Responses writer asks for by itself, and what `n` is anyway. */
const isOwnDefault = (name: string, value: JsonValue): boolean =>
  (name === 'n' && value === 1) ||
  (name === 'include' && Array.isArray(value) && value.join() === 'reasoning.encrypted_content');

/** Members whose value may be a text, or a list with one part that is this text. */
const TEXTS = new Set(['content', 'system']);
const TEXT_TYPES = new Set(['text', 'input_text', 'output_text']);

function plainPart(name: string, value: JsonValue | undefined): JsonValue | undefined {
  if (Array.isArray(value)) {
    const [only] = value;
    const text = value.length === 1 && TEXTS.has(name) ? onlyText(only) : undefined;
    return text ?? value.map((item) => plainPart('', item) ?? null);
  }
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).filter(
    ([member, of]) => !(member === 'type' && of === 'message' && value.role !== undefined),
  );
  return Object.fromEntries(members.map(([member, of]) => [member, plainPart(member, of)]));
}

function onlyText(part: JsonValue | undefined): string | undefined {
  if (!isJsonObject(part) || typeof part.text !== 'string' || Object.keys(part).length !== 2) return undefined;
  return typeof part.type === 'string' && TEXT_TYPES.has(part.type) ? part.text : undefined;
}
