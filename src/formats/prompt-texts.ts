/**
 * The texts of a prompt that people, tools and the model wrote, by their places in the bytes: so that one of them can be replaced, or a turn
 * left out, and every other byte stays as it was. Instructions, tools, thoughts, calls of tools and media are not among them.
 */
import { memberNamed, type ReadableEnvelope } from '../wire/envelope.ts';
import { OPEN_ARRAY, OPEN_OBJECT, QUOTE } from '../wire/json-scan.ts';
import { endOfValue, forEachItem, forEachMember, parseSpan, type Span } from '../wire/json-walk.ts';
import type { FormatId } from './neutral/conversation.ts';

/** Who wrote a text. */
type Author = 'user' | 'assistant' | 'tool';

/** A text: the span of its JSON string, quotes included. */
export interface PromptText extends Span {
  readonly author: Author;
  readonly turn: number;
}

/** A turn: an item of the list, or the one text that is in its place. */
export interface PromptTurn extends Span {
  readonly author: Author | 'instructions';
  readonly texts: readonly PromptText[];
  /** Whether a request without it says the same otherwise: a user's turn of nothing but texts, before another turn of the user's. */
  readonly isOptional: boolean;
}

/** What a turn has. */
interface Found {
  readonly author: PromptTurn['author'];
  readonly texts: readonly (Span & { readonly author: Author })[];
  readonly isPlain: boolean;
}

const NOTHING: Found = { author: 'instructions', texts: [], isPlain: false };

type ReadTurn = (members: Members, bytes: Buffer) => Found;

const READERS: Partial<Readonly<Record<FormatId, { readonly list: string; readonly read: ReadTurn }>>> = {
  'openai-chat': { list: 'messages', read: chatTurn },
  'openai-responses': { list: 'input', read: responsesItem },
  'anthropic-messages': { list: 'messages', read: messagesTurn },
  'gemini-generate': { list: 'contents', read: geminiTurn },
};

/** The turns of a prompt with their texts; empty for a format without any. */
export function readTurns(body: Buffer, envelope: ReadableEnvelope, format: FormatId): readonly PromptTurn[] {
  const reader = READERS[format];
  const member = reader === undefined ? undefined : memberNamed(envelope, reader.list);
  if (reader === undefined || member === undefined) return [];
  const { valueStart: start, valueEnd: end } = member;
  if (member.kind === 'string') {
    return [{ start, end, author: 'user', isOptional: false, texts: [{ start, end, author: 'user', turn: 0 }] }];
  }
  if (member.kind !== 'array') return [];
  const found: (Found & Span)[] = [];
  forEachItem(body, start, (item) => {
    const itemEnd = endOfValue(body, item);
    const turn = body[item] === OPEN_OBJECT ? reader.read(membersOf(body, item), body) : NOTHING;
    found.push({ ...turn, start: item, end: itemEnd });
    return itemEnd;
  });
  return found.map(({ start: from, end: to, author, texts, isPlain }, turn) => ({
    start: from,
    end: to,
    author,
    texts: texts.map((text) => ({ ...text, turn })),
    isOptional: isPlain && author === 'user' && found[turn + 1]?.author === 'user',
  }));
}

/** The members of an object; of two of one name the last one counts. */
type Members = ReadonlyMap<string, Span>;

function membersOf(bytes: Buffer, start: number): Members {
  const members = new Map<string, Span>();
  forEachMember(bytes, start, (nameStart, nameEnd, valueStart) => {
    const end = endOfValue(bytes, valueStart);
    const name = parseSpan(bytes, { start: nameStart - 1, end: nameEnd + 1 });
    if (typeof name === 'string') members.set(name, { start: valueStart, end });
    return end;
  });
  return members;
}

function wordIn(bytes: Buffer, span: Span | undefined): string {
  return span !== undefined && bytes[span.start] === QUOTE ? String(parseSpan(bytes, span)) : '';
}

/** The value's place if it is a text. */
function textAt(bytes: Buffer, span: Span | undefined): Span | undefined {
  return span !== undefined && bytes[span.start] === QUOTE ? span : undefined;
}

/** Whether the value says something: no `null`, no empty list or text. */
function isSaid(bytes: Buffer, span: Span | undefined): boolean {
  return (
    span !== undefined &&
    !/^(?:null|\[\s*\]|""|false)$/.test(bytes.toString('latin1', span.start, Math.min(span.end, span.start + 16)))
  );
}

/** The texts of a content: itself, or those of its parts that `read` finds. */
function textsOf(
  bytes: Buffer,
  content: Span | undefined,
  author: Author,
  read: (part: Members, bytes: Buffer, author: Author) => Found['texts'] | undefined,
): Pick<Found, 'texts' | 'isPlain'> {
  const whole = textAt(bytes, content);
  if (whole !== undefined) return { texts: [{ ...whole, author }], isPlain: true };
  if (content === undefined || bytes[content.start] !== OPEN_ARRAY) return { texts: [], isPlain: false };
  const texts: (Span & { readonly author: Author })[] = [];
  let isPlain = true;
  forEachItem(bytes, content.start, (start) => {
    const end = endOfValue(bytes, start);
    const found = bytes[start] === OPEN_OBJECT ? read(membersOf(bytes, start), bytes, author) : undefined;
    if (found === undefined) isPlain = false;
    else {
      texts.push(...found);
      isPlain &&= found.every((text) => text.author === author);
    }
    return end;
  });
  return { texts, isPlain };
}

/** A part of text, whatever its format calls it. */
function textPart(part: Members, bytes: Buffer, author: Author): Found['texts'] | undefined {
  const text = textAt(bytes, part.get('text'));
  if (text === undefined || !TEXT_TYPES.has(wordIn(bytes, part.get('type')))) return undefined;
  // What a client marked for a cache has to stay there to be found.
  return part.has('annotations') && isSaid(bytes, part.get('annotations')) ? undefined : [{ ...text, author }];
}

const TEXT_TYPES: ReadonlySet<string> = new Set(['text', 'input_text', 'output_text']);

function authorOf(role: string): PromptTurn['author'] | undefined {
  if (role === 'user' || role === 'assistant') return role;
  if (role === 'model') return 'assistant';
  return role === 'tool' || role === 'function' ? 'tool' : undefined;
}

/** What an assistant's message may have beside its words for these to be all that it is. */
const PLAIN_CHAT: ReadonlySet<string> = new Set(['role', 'content', 'name', 'id', 'type', 'status']);

function chatTurn(members: Members, bytes: Buffer): Found {
  const author = authorOf(wordIn(bytes, members.get('role')));
  if (author === undefined || author === 'instructions') return NOTHING;
  const isWhole = [...members].every(([name, span]) => PLAIN_CHAT.has(name) || !isSaid(bytes, span));
  if (author === 'assistant' && !isWhole) return { author, texts: [], isPlain: false };
  const { texts, isPlain } = textsOf(bytes, members.get('content'), author, textPart);
  return { author, texts, isPlain: isPlain && isWhole };
}

function responsesItem(members: Members, bytes: Buffer): Found {
  const type = wordIn(bytes, members.get('type'));
  if (type === '' || type === 'message') return chatTurn(members, bytes);
  if (type === 'function_call_output' || type === 'custom_tool_call_output') {
    return { ...textsOf(bytes, members.get('output'), 'tool', textPart), author: 'tool' };
  }
  return { author: 'assistant', texts: [], isPlain: false };
}

function messagesTurn(members: Members, bytes: Buffer): Found {
  const author = authorOf(wordIn(bytes, members.get('role')));
  if (author !== 'user' && author !== 'assistant') return NOTHING;
  const { texts, isPlain } = textsOf(bytes, members.get('content'), author, messagesPart);
  // Beside thoughts and calls of tools the words stay, too: what is signed is read together with them.
  return author === 'assistant' && !isPlain ? { author, texts: [], isPlain } : { author, texts, isPlain };
}

function messagesPart(part: Members, bytes: Buffer, author: Author): Found['texts'] | undefined {
  const type = wordIn(bytes, part.get('type'));
  if (type === 'tool_result') return textsOf(bytes, part.get('content'), 'tool', textPart).texts;
  if (type !== 'text' || part.has('citations')) return undefined;
  return textPart(part, bytes, author);
}

function geminiTurn(members: Members, bytes: Buffer): Found {
  const author = authorOf(wordIn(bytes, members.get('role')) || 'user');
  if (author !== 'user' && author !== 'assistant') return NOTHING;
  const { texts, isPlain } = textsOf(bytes, members.get('parts'), author, (part) => {
    const text = textAt(bytes, part.get('text'));
    return part.size === 1 && text !== undefined ? [{ ...text, author }] : undefined;
  });
  return author === 'assistant' && !isPlain ? { author, texts: [], isPlain } : { author, texts, isPlain };
}
