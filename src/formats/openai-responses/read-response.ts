/** A response of OpenAI's → the neutral answer. Leniently: what a server leaves out is not a reason to lose an answer. */
import { defined } from '../../core/defined.ts';
import { type JsonObject, objectsOf, stringOf, wordOf } from '../../core/json.ts';
import { FormatError } from '../format.ts';
import type { ConversationResponse, Finish, Part, ToolCallPart } from '../neutral/conversation.ts';
import { readAnnotations } from './annotations.ts';
import { readCodeCall } from './code-execution.ts';
import { textOfReasoning } from './read-items.ts';
import { readCarried } from './signatures.ts';
import { readUsage } from './usage.ts';
import { readSearchCall } from './web-search.ts';

/** Reads a whole response. Throws `FormatError` if the body has no `output`. */
export function readResponse(body: JsonObject): ConversationResponse {
  if (!Array.isArray(body.output)) throw new FormatError('output', `The answer has no 'output': it is not a response.`);
  const parts = objectsOf(body.output).flatMap(readOutputItem);
  const created = body.created_at;
  return {
    id: wordOf(body.id) ?? '',
    model: stringOf(body.model) ?? '',
    ...(typeof created === 'number' && Number.isFinite(created) && { createdSeconds: Math.floor(created) }),
    choices: [{ index: 0, parts, finish: readFinish(body, hasCall(parts), body.output.length > 0) }],
    ...defined({ usage: readUsage(body), serviceTier: wordOf(body.service_tier) }),
  };
}

const hasCall = (parts: readonly Part[]): boolean => parts.some((part) => part.type === 'tool-call');

/**
 * Why a response ended: its status, and what it says of an incomplete one. A model that had nothing to say leaves an item without text;
 * without any item there is no answer.
 */
export function readFinish(response: JsonObject, hasCalls: boolean, hasItems: boolean): Finish {
  const details = response.incomplete_details;
  const reason =
    typeof details === 'object' && details !== null && !Array.isArray(details) ? details.reason : undefined;
  if (!hasItems && reason === undefined && response.background !== true) {
    return { reason: 'error', raw: stringOf(response.status) ?? 'completed' };
  }
  switch (response.status) {
    case 'incomplete':
      return reason === 'content_filter'
        ? { reason: 'content-filter', raw: 'content_filter' }
        : { reason: 'length', raw: stringOf(reason) ?? 'incomplete' };
    case 'failed':
    case 'cancelled':
      return { reason: 'error', raw: response.status };
    case 'queued':
    case 'in_progress':
      // Only one that is made in the background may have begun and no more.
      return { reason: response.background === true ? 'stop' : 'error', raw: response.status };
    default:
      return { reason: hasCalls ? 'tool-calls' : 'stop', raw: stringOf(response.status) ?? 'completed' };
  }
}

/** Reads one item of an answer. An item of a tool that OpenAI runs stays as it is. */
export function readOutputItem(item: JsonObject): Part[] {
  switch (item.type) {
    case 'message':
      return objectsOf(item.content).flatMap(readPart);
    case 'reasoning':
      return readReasoningItem(item);
    case 'function_call':
    case 'custom_tool_call':
      return [readCall(item)];
    case 'web_search_call':
      return [readSearchCall(item)];
    case 'code_interpreter_call':
      return [readCodeCall(item)];
    case 'image_generation_call': {
      const data = wordOf(item.result);
      const image: Part[] =
        data === undefined ? [] : [{ type: 'image', source: { kind: 'data', data, mediaType: imageTypeOf(item) } }];
      return image;
    }
    default:
      return [{ type: 'opaque', format: 'openai-responses', value: item }];
  }
}

function imageTypeOf({ output_format: format }: JsonObject): string {
  return `image/${wordOf(format) ?? 'png'}`;
}

function readPart(part: JsonObject): Part[] {
  if (part.type === 'refusal') return [{ type: 'refusal', text: stringOf(part.refusal) ?? '' }];
  if (part.type !== 'output_text') return [];
  return [
    {
      type: 'text',
      text: stringOf(part.text) ?? '',
      ...defined({ citations: readAnnotations(part.annotations) }),
    },
  ];
}

function readReasoningItem(item: JsonObject): Part[] {
  const content = readCarried(wordOf(item.id), wordOf(item.encrypted_content));
  if (content.carries !== 'reasoning') return [{ type: 'reasoning', text: '', signature: content.signature }];
  const text = textOfReasoning(item);
  if (text === '' && Object.keys(content.part).length === 0) return [];
  return [{ type: 'reasoning', text, ...content.part }];
}

function readCall(item: JsonObject): ToolCallPart {
  const custom = item.type === 'custom_tool_call';
  const written = stringOf(custom ? item.input : item.arguments) ?? '';
  return {
    type: 'tool-call',
    id: wordOf(item.call_id) ?? wordOf(item.id) ?? '',
    name: stringOf(item.name) ?? '',
    arguments: written === '' && !custom ? '{}' : written,
    ...(custom && { custom }),
    ...(wordOf(item.namespace) !== undefined && {
      extra: { format: 'openai-responses', fields: { namespace: wordOf(item.namespace) } },
    }),
  };
}
