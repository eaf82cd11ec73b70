/** Writes a whole answer for a client. */
import { defined } from '../../core/defined.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { AnswerFacts } from '../format.ts';
import type {
  AudioPart,
  Choice,
  ConversationResponse,
  Part,
  ReasoningPart,
  ToolCallPart,
} from '../neutral/conversation.ts';
import { writeAnnotation, writeSources } from './citations.ts';
import { writeFinishReason } from './finish-reasons.ts';
import { writeLogprobs } from './logprobs.ts';
import { writeUrl } from './media.ts';
import { writeGoogleSignature, writeThinkingBlocks } from './thinking-blocks.ts';
import { writeUsage } from './usage.ts';

/** The id of an answer in OpenAI's shape: the provider's own if it has that shape, otherwise ours. */
export function completionId(id: string | undefined, facts: AnswerFacts): string {
  if (facts.sentId !== undefined) return facts.sentId;
  if (id?.startsWith('chatcmpl-')) return id;
  return facts.id.startsWith('chatcmpl-') ? facts.id : `chatcmpl-${facts.id}`;
}

// Tiers of OpenAI's schema. Others, such as Groq's `on_demand`, are words a client of OpenAI's does not know.
const TIERS: ReadonlySet<string> = new Set(['auto', 'default', 'flex', 'scale', 'priority', 'fast']);

/** The service tier in OpenAI's words; undefined for one it does not have. */
export function writeServiceTier(tier: string | undefined): string | undefined {
  if (tier === 'standard') return 'default';
  return tier !== undefined && TIERS.has(tier) ? tier : undefined;
}

/** Writes a chat completion. */
export function writeResponse(response: ConversationResponse, facts: AnswerFacts): JsonObject {
  const tier = writeServiceTier(response.serviceTier);
  return {
    id: completionId(response.id, facts),
    object: 'chat.completion',
    created: response.createdSeconds ?? facts.createdSeconds,
    model: facts.model,
    choices: response.choices.map(writeChoice),
    ...(response.usage === undefined ? {} : { usage: writeUsage(response.usage) }),
    ...defined({ service_tier: tier }),
    ...(response.systemFingerprint === undefined ? {} : { system_fingerprint: response.systemFingerprint }),
    ...writeSources(response.citations ?? []),
  };
}

function writeChoice(choice: Choice): JsonObject {
  const hasToolCalls = choice.parts.some((part) => part.type === 'tool-call');
  return {
    index: choice.index,
    message: writeMessage(choice.parts),
    logprobs: writeLogprobs(choice.logprobs),
    finish_reason: writeFinishReason(choice.finish.reason, hasToolCalls),
  };
}

/** Builds one message out of parts: texts join, everything else has its own member. */
function writeMessage(parts: readonly Part[]): JsonObject {
  const message: JsonObject = { role: 'assistant', content: null, refusal: null };
  const annotations: JsonValue[] = [];
  const reasoning: ReasoningPart[] = [];
  const calls: JsonValue[] = [];
  const images: JsonValue[] = [];
  let text: string | null = null;
  let refusal: string | null = null;
  for (const part of parts) {
    switch (part.type) {
      case 'text': {
        const start: number = text?.length ?? 0;
        text = (text ?? '') + part.text;
        for (const citation of part.citations ?? []) {
          const annotation = writeAnnotation(citation, { start, end: text.length });
          if (annotation !== undefined) annotations.push(annotation);
        }
        Object.assign(message, writeGoogleSignature(part.signature));
        break;
      }
      case 'reasoning':
        reasoning.push(part);
        break;
      case 'refusal':
        refusal = (refusal ?? '') + part.text;
        break;
      case 'tool-call':
        calls.push(writeCall(part));
        break;
      case 'image': {
        const url = writeUrl(part.source);
        if (url !== undefined) images.push({ type: 'image_url', image_url: { url }, index: images.length });
        break;
      }
      case 'audio':
        message.audio = writeAudio(part);
        break;
      case 'opaque':
        if (part.format === 'openai-chat') writeOpaque(part.value, message);
        break;
      case 'document':
      case 'video':
      case 'tool-result':
        // No model answers with these.
        break;
    }
  }
  // An answer without any text is an empty one, as OpenAI has it when the limit was reached while reasoning.
  const saysOtherwise = calls.length > 0 || refusal !== null || message.audio !== undefined;
  message.content = text ?? (saysOtherwise ? null : '');
  message.refusal = refusal;
  if (annotations.length > 0) message.annotations = annotations;
  if (calls.length > 0) message.tool_calls = calls;
  if (images.length > 0) message.images = images;
  writeReasoningMembers(reasoning, message);
  return message;
}

function writeReasoningMembers(reasoning: readonly ReasoningPart[], message: JsonObject): void {
  const text = reasoning.map((part) => part.text).join('');
  if (text !== '') message.reasoning_content = text;
  const blocks = writeThinkingBlocks(reasoning);
  if (blocks.length > 0) message.thinking_blocks = blocks;
}

function writeCall(part: ToolCallPart): JsonObject {
  const signature = writeGoogleSignature(part.signature);
  if (part.custom)
    return { id: part.id, type: 'custom', custom: { name: part.name, input: part.arguments }, ...signature };
  return { id: part.id, type: 'function', function: { name: part.name, arguments: part.arguments }, ...signature };
}

/** Audio of another format has no id to refer to later; the members are there because OpenAI's schema wants them. */
export function writeAudio(part: AudioPart): JsonObject {
  const data = part.source.kind === 'data' ? part.source.data : (writeUrl(part.source) ?? '');
  return { id: 'audio_0', data, expires_at: 0, transcript: part.transcript ?? '' };
}

function writeOpaque(value: JsonObject, message: JsonObject): void {
  if (value.type === 'audio') message.audio = value.audio;
  else if (value.type === 'reasoning_details') message.reasoning_details = value.reasoning_details;
}
