/**
 * Reads a provider's whole answer. Leniently: what a server leaves out or spells its own way is not a reason to lose an answer.
 */
import { defined } from '../../core/defined.ts';
import { isJsonObject, itemsOf, type JsonObject, type JsonValue, objectOf, stringOf, wordOf } from '../../core/json.ts';
import { FormatError } from '../format.ts';
import { CallIds } from '../neutral/call-ids.ts';
import type { Choice, ConversationResponse, ImagePart, Part, TextPart } from '../neutral/conversation.ts';
import { readCallArguments } from './call-arguments.ts';
import { readAnnotations, readSources } from './citations.ts';
import { readFinish, stopOf } from './finish-reasons.ts';
import { readUrl } from './media.ts';
import { readGoogleSignature, readMessageReasoning, readThinkingBlock } from './thinking-blocks.ts';
import { readUsage } from './usage.ts';

/** Reads a chat completion. Throws `FormatError` if the body has no `choices`. */
export function readResponse(body: JsonObject, callSeed?: string): ConversationResponse {
  if (!isJsonObject(body) || !Array.isArray(body.choices)) {
    throw new FormatError('choices', `The answer has no 'choices': it is not a chat completion.`);
  }
  const listed = body.choices.filter(isJsonObject);
  if (listed.length > 0 && !listed.some(({ message, delta }) => isJsonObject(message) || isJsonObject(delta))) {
    throw new FormatError('choices', `The answer has no message in its 'choices'.`);
  }
  const id = wordOf(body.id) ?? '';
  const ids = new CallIds(callSeed ?? id);
  const usage = readUsage(body);
  const citations = readSources(body);
  const serviceTier = wordOf(body.service_tier);
  const systemFingerprint = wordOf(body.system_fingerprint);
  const created = body.created;
  return {
    id,
    model: stringOf(body.model) ?? '',
    ...(typeof created === 'number' && Number.isFinite(created) ? { createdSeconds: Math.floor(created) } : {}),
    choices: body.choices.flatMap((choice, position) =>
      isJsonObject(choice) ? [readChoice(choice, position, ids)] : [],
    ),
    ...defined({ usage, serviceTier, systemFingerprint }),
    ...(citations.length === 0 ? {} : { citations }),
  };
}

function readChoice(choice: JsonObject, position: number, ids: CallIds): Choice {
  const index = typeof choice.index === 'number' && Number.isInteger(choice.index) ? choice.index : position;
  const message = objectOf(choice.message) ?? objectOf(choice.delta) ?? {};
  const parts = readMessage(message, index, ids);
  const hasToolCalls = parts.some((part) => part.type === 'tool-call');
  const word = wordOf(choice.finish_reason);
  const { logprobs } = choice;
  return {
    index,
    parts,
    finish:
      word === undefined
        ? { reason: hasToolCalls ? 'tool-calls' : 'stop' }
        : readFinish(word, hasToolCalls, stopOf(choice)),
    ...(logprobs === undefined || logprobs === null ? {} : { logprobs }),
  };
}

function readMessage(message: JsonObject, choice: number, ids: CallIds): readonly Part[] {
  const parts: Part[] = [...readMessageReasoning(message), ...readAnswerContent(message.content)];
  const lastText = parts.findLastIndex((part) => part.type === 'text');
  const citations = readAnnotations(message.annotations);
  const signature = readGoogleSignature(message);
  if (citations.length > 0 || signature !== undefined) {
    const text = parts[lastText];
    const annotated: TextPart = {
      ...(text?.type === 'text' ? text : { type: 'text', text: '' }),
      ...(citations.length === 0 ? {} : { citations }),
      ...defined({ signature }),
    };
    if (text === undefined) parts.push(annotated);
    else parts[lastText] = annotated;
  }
  const refusal = wordOf(message.refusal);
  if (refusal !== undefined) parts.push({ type: 'refusal', text: refusal });
  if (isJsonObject(message.audio)) {
    // OpenAI's audio has an id that later turns refer to: it stays as it is.
    parts.push({ type: 'opaque', format: 'openai-chat', value: { type: 'audio', audio: message.audio } });
  }
  for (const image of itemsOf(message.images)) {
    const read = readImage(image);
    if (read !== undefined) parts.push(read);
  }
  let calls = 0;
  for (const call of itemsOf(message.tool_calls)) {
    if (isJsonObject(call)) parts.push(readCall(call, (given) => ids.idOf(given, choice, calls++)));
  }
  if (isJsonObject(message.function_call)) {
    parts.push(readCall({ function: message.function_call }, (given) => ids.idOf(given, choice, calls)));
  }
  return parts;
}

/** Content is a string, or at Mistral a list of text and thinking parts. */
function readAnswerContent(content: JsonValue | undefined): readonly Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return itemsOf(content).flatMap((part): readonly Part[] => {
    if (typeof part === 'string') return part === '' ? [] : [{ type: 'text', text: part }];
    if (!isJsonObject(part)) return [];
    if (part.type === 'text' || part.type === undefined) {
      const text = stringOf(part.text) ?? '';
      return text === '' ? [] : [{ type: 'text', text }];
    }
    const thinking = readThinkingBlock(part);
    if (thinking !== undefined) return [thinking];
    const image = readImage(part);
    return [image ?? { type: 'opaque', format: 'openai-chat', value: part }];
  });
}

/** Reads a generated image as OpenRouter and LiteLLM hand it on: `{type: "image_url", image_url: {url}}`. */
export function readImage(value: JsonValue): ImagePart | undefined {
  const image = isJsonObject(value) ? value.image_url : undefined;
  const url = typeof image === 'string' ? image : wordOf(objectOf(image)?.url);
  return url === undefined ? undefined : { type: 'image', source: readUrl(url, undefined, 'image/png') };
}

function readCall(call: JsonObject, idOf: (given: string | undefined) => string): Part {
  const custom = objectOf(call.custom);
  const holder = custom ?? objectOf(call.function) ?? {};
  const signature = readGoogleSignature(call) ?? readGoogleSignature(holder);
  return {
    type: 'tool-call',
    id: idOf(wordOf(call.id)),
    name: stringOf(holder.name) ?? '',
    arguments: custom === undefined ? readCallArguments(holder.arguments) || '{}' : (stringOf(custom.input) ?? ''),
    ...(custom === undefined ? {} : { custom: true }),
    ...defined({ signature }),
  };
}
