/**
 * Instructions for models whose chat template takes them only as the first message ("System message must be at the beginning"). What
 * comes later stays at its place, so that the beginning of the prompt does not change from turn to turn: it goes into the user's turn,
 * between `<system>` tags.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';

const isInstruction = (message: JsonValue | undefined): message is JsonObject =>
  isJsonObject(message) && (message.role === 'system' || message.role === 'developer');

/** The messages in the order that such a model takes, and the first that had to change; undefined if none had. */
export function instructionsFirst(
  messages: readonly JsonValue[],
): { readonly messages: JsonValue[]; readonly field: string } | undefined {
  const leading = messages.findIndex((message) => !isInstruction(message));
  const firstOther = leading === -1 ? messages.length : leading;
  const late = messages.findIndex((message, index) => index >= firstOther && isInstruction(message));
  if (late === -1 && firstOther < 2) return undefined;
  const written: JsonValue[] = [];
  messages.forEach((message, index) => {
    if (!isInstruction(message)) append(written, message);
    else if (index === 0) written.push(message);
    else if (index < firstOther) join(written, 0, '\n\n', partsOf(message.content));
    else append(written, { role: 'user', content: wrap(message.content) });
  });
  return { messages: written, field: `messages[${late === -1 ? 1 : late}]` };
}

/** Adds a message; a user's follows another user's in one message, because some templates want the roles to alternate. */
function append(written: JsonValue[], message: JsonValue): void {
  const last = written.at(-1);
  const isUser = (one: JsonValue | undefined): one is JsonObject => isJsonObject(one) && one.role === 'user';
  if (!isUser(message) || !isUser(last) || message.name !== last.name || !startsOrEndsWithTags(message, last)) {
    written.push(message);
  } else join(written, written.length - 1, '\n\n', partsOf(message.content));
}

/** Only an instruction is joined with the user's words; two messages of the user stay two. */
function startsOrEndsWithTags(message: JsonObject, last: JsonObject): boolean {
  return textOf(message.content).startsWith('<system>\n') || textOf(last.content).endsWith('\n</system>');
}

function join(written: JsonValue[], index: number, between: string, parts: readonly JsonValue[]): void {
  const before = written[index];
  if (!isJsonObject(before)) return;
  const { content } = before;
  const text = parts.every((part) => isJsonObject(part) && part.type === 'text' && Object.keys(part).length === 2)
    ? parts.map((part) => (isJsonObject(part) && typeof part.text === 'string' ? part.text : '')).join('\n')
    : undefined;
  written[index] =
    typeof content === 'string' && text !== undefined
      ? { ...before, content: `${content}${between}${text}` }
      : { ...before, content: [...partsOf(content), ...parts] };
}

function partsOf(content: JsonValue | undefined): JsonValue[] {
  if (Array.isArray(content)) return content;
  return typeof content === 'string' && content !== '' ? [{ type: 'text', text: content }] : [];
}

function textOf(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content;
  return partsOf(content)
    .map((part) => (isJsonObject(part) && typeof part.text === 'string' ? part.text : ''))
    .join('');
}

function wrap(content: JsonValue | undefined): JsonValue {
  if (typeof content === 'string') return `<system>\n${content}\n</system>`;
  return partsOf(content).map((part) =>
    isJsonObject(part) && typeof part.text === 'string' ? { ...part, text: `<system>\n${part.text}\n</system>` } : part,
  );
}
