/** A neutral answer → a `message` for an Anthropic client. */
import type { JsonObject } from '../../core/json.ts';
import type { AnswerFacts } from '../format.ts';
import type { Citation, ConversationResponse, Part, TextPart, ToolCallPart } from '../neutral/conversation.ts';
import type { ServerCallPart } from '../neutral/server-tools.ts';
import { writeCitation } from './citations.ts';
import { writeCodeStep } from './code-execution.ts';
import { heldBy, writeFinish } from './finish.ts';
import { isTextSignature, writeSignature, writeTextSignature, writeToolSignature } from './signatures.ts';
import { carryToolId, writeToolInput } from './tool-ids.ts';
import { writeUsage } from './usage.ts';
import { writeSearchStep } from './web-search.ts';
import { writeExtra } from './write-content.ts';

/** The message's id: the provider's if it is one of Anthropic's shape, the gateway's otherwise. */
export function writeMessageId(id: string | undefined, facts: AnswerFacts): string {
  if (id?.startsWith('msg_')) return id;
  return facts.id.startsWith('msg_') ? facts.id : `msg_${facts.id}`;
}

function writeText(part: TextPart): JsonObject[] {
  const citations = part.citations?.map(writeCitation).filter((citation) => citation !== undefined) ?? [];
  const blocks: JsonObject[] = [];
  if (part.text !== '') {
    blocks.push({ type: 'text', text: part.text, ...(citations.length > 0 && { citations }) });
  }
  if (part.signature !== undefined) blocks.push(writeTextSignature(part.signature));
  return blocks;
}

function writeToolCall(part: ToolCallPart): JsonObject[] {
  const call: JsonObject = {
    type: 'tool_use',
    id: carryToolId(part.id),
    name: part.name,
    input: writeToolInput(part.arguments, part.custom === true),
    ...writeExtra(part.extra),
  };
  return part.signature === undefined ? [call] : [writeToolSignature(part.signature), call];
}

/** A step of a tool that the provider ran. */
export function writeServerStep(part: ServerCallPart): JsonObject[] {
  return part.tool === 'web-search' ? writeSearchStep(part) : writeCodeStep(part);
}

/** An answer's parts as blocks. Anthropic's answers hold no media: of audio its transcript remains, of images nothing. */
function writePart(part: Part): JsonObject[] {
  switch (part.type) {
    case 'text':
      return writeText(part);
    case 'refusal':
      return writeText({ type: 'text', text: part.text });
    case 'reasoning':
      if (part.redacted !== undefined) return [{ type: 'redacted_thinking', data: part.redacted }];
      if (part.text === '' && part.signature === undefined) return [];
      return [{ type: 'thinking', thinking: part.text, signature: writeSignature(part.signature) }];
    case 'tool-call':
      return writeToolCall(part);
    case 'audio':
      return part.transcript === undefined ? [] : writeText({ type: 'text', text: part.transcript });
    case 'server-call':
      return writeServerStep(part);
    case 'opaque':
      return part.format === 'anthropic-messages' ? [part.value] : [];
    case 'image':
    case 'document':
    case 'video':
    case 'tool-result':
      return [];
  }
}

/** Sources of the whole answer go to its last text. */
function withCitations(parts: readonly Part[], citations: readonly Citation[] | undefined): readonly Part[] {
  if (citations === undefined || citations.length === 0) return parts;
  const last = parts.findLastIndex((part) => part.type === 'text' && part.text !== '');
  return parts.map((part, index) =>
    index === last && part.type === 'text' ? { ...part, citations: [...(part.citations ?? []), ...citations] } : part,
  );
}

/** A block that is the last one carries no signature of a text: Claude Code takes the last block for the result. */
function withoutLastCarrier(blocks: readonly JsonObject[]): JsonObject[] {
  const last = blocks.findLastIndex((block) => !isTextSignature(block));
  return blocks.slice(0, last + 1);
}

/** Writes the first choice of an answer as a `message`. */
export function writeResponse(response: ConversationResponse, facts: AnswerFacts): JsonObject {
  const choice = response.choices[0];
  const parts = withCitations(choice?.parts ?? [], response.citations);
  const { delta, more } = writeFinish(choice?.finish, heldBy(parts));
  return {
    id: writeMessageId(response.id, facts),
    type: 'message',
    role: 'assistant',
    model: facts.model,
    content: withoutLastCarrier(parts.flatMap(writePart)),
    ...delta,
    usage: writeUsage(response.usage),
    ...more,
  };
}
