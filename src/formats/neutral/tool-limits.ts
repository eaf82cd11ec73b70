/**
 * What a provider takes as names of tools and ids of calls, and how others are written for it: the same text each time, never
 * the same text for two, and the name back again in the answer.
 */
import { isJsonObject } from '../../core/json.ts';
import type { ConversationRequest, Part, ToolDefinition, Turn } from './conversation.ts';
import type { Dropped } from './dropped.ts';

/** Which texts a provider takes in one place. */
export interface TextLimit {
  /** Matches a text that it takes. */
  readonly taken: RegExp;
  /** Matches each character that it does not take; with the flag `g`. */
  readonly refused: RegExp;
  readonly maxLength: number;
  /** What a text may begin with, if not with every character it may hold. */
  readonly first?: RegExp;
  /** A text must have exactly `maxLength` characters, all of them letters or digits. */
  readonly isExact?: boolean;
  /** The provider refuses a history that has one id twice. */
  readonly isUnique?: boolean;
  /** The limit in words, for the report. */
  readonly words: string;
}

/** The limits of one model at one provider. What is absent is not limited. */
export interface ToolLimits {
  readonly names?: TextLimit;
  readonly ids?: TextLimit;
}

/** A request that fits, and the way back. */
interface FittedRequest {
  readonly request: ConversationRequest;
  /** The client's names by those that were written. */
  readonly names: ReadonlyMap<string, string>;
  readonly dropped: readonly Dropped[];
}

/** A set of texts, or a map by them. */
type UsedTexts = Pick<ReadonlySet<string>, 'has' | 'size'>;

const NONE_USED: UsedTexts = new Set();
const NO_NAMES: ReadonlyMap<string, string> = new Map();
const HASH_LENGTH = 8;

/** Writes the names and ids of a request so that they fit. */
export function fitTools(request: ConversationRequest, limits: ToolLimits): FittedRequest {
  const dropped: Dropped[] = [];
  let fitted = request;
  let names = NO_NAMES;
  if (limits.names !== undefined) ({ request: fitted, names } = fitNames(fitted, limits.names, dropped));
  if (limits.ids !== undefined) fitted = fitIds(fitted, limits.ids, dropped);
  return { request: fitted, names, dropped };
}

/**
 * A text that the limit allows and that is not used yet: itself, or its allowed characters and a hash of the whole. A hash that is
 * used is taken again with the count of the used texts, so that one text sent many times needs no more attempts each time.
 */
export function fitText(text: string, limit: TextLimit, used: UsedTexts = NONE_USED): string {
  if (limit.taken.test(text) && !used.has(text)) return text;
  for (let attempt = 0; ; attempt += 1) {
    const hashed = attempt === 0 ? text : `${text} ${used.size + attempt}`;
    const written = limit.isExact === true ? lettersOf(hashed, limit.maxLength) : withHash(text, hashed, limit);
    if (!used.has(written)) return written;
  }
}

function withHash(text: string, hashed: string, limit: TextLimit): string {
  const cleaned = text.replace(limit.refused, '_');
  const begun = limit.first === undefined || limit.first.test(cleaned) ? cleaned : `_${cleaned}`;
  return `${begun.slice(0, limit.maxLength - HASH_LENGTH - 1)}_${hash(hashed, 0).toString(16).padStart(HASH_LENGTH, '0')}`;
}

function lettersOf(text: string, length: number): string {
  let letters = '';
  for (let seed = 0; letters.length < length; seed += 1) letters += hash(text, seed).toString(36).padStart(7, '0');
  return letters.slice(0, length);
}

/** FNV-1a; `seed` gives further hashes of the same text. */
function hash(text: string, seed: number): number {
  let value = Math.imul(0x811c9dc5 ^ seed, seed === 0 ? 1 : 0x9e3779b1);
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
}

function fitNames(
  request: ConversationRequest,
  limit: TextLimit,
  dropped: Dropped[],
): { request: ConversationRequest; names: ReadonlyMap<string, string> } {
  const written = new Map<string, string>();
  const used = new Set<string>();
  const known = namesIn(request);
  // Names that fit keep themselves, whatever order they come in, so that no other name is written like one of them.
  for (const { name } of known) if (limit.taken.test(name)) used.add(name);
  for (const { name, field } of known) {
    if (limit.taken.test(name) || written.has(name)) continue;
    const fitted = fitText(name, limit, used);
    used.add(fitted);
    written.set(name, fitted);
    dropped.push({ field, why: `The provider takes ${limit.words}: sent as '${fitted}'.`, kind: 'fitted' });
  }
  if (written.size === 0) return { request, names: NO_NAMES };
  const nameOf = (name: string): string => written.get(name) ?? name;
  const { tools, toolChoice } = request;
  return {
    request: {
      ...request,
      turns: request.turns.map((turn) => withParts(turn, (part) => renamed(part, nameOf))),
      ...(tools !== undefined && { tools: tools.map((tool) => renamedTool(tool, nameOf)) }),
      ...(toolChoice?.type === 'tool' && { toolChoice: { ...toolChoice, name: nameOf(toolChoice.name) } }),
      ...(toolChoice?.type === 'allowed' && { toolChoice: { ...toolChoice, names: toolChoice.names.map(nameOf) } }),
    },
    names: new Map([...written].map(([name, fitted]) => [fitted, name])),
  };
}

/** Every name with its place: of the tools first, so that the history of a conversation does not change how they are written. */
function namesIn({ tools, turns }: ConversationRequest): { name: string; field: string }[] {
  const found: { name: string; field: string }[] = [];
  tools?.forEach((tool, index) => {
    const name = nameOfTool(tool);
    if (name !== undefined) found.push({ name, field: `tools[${index}].name` });
  });
  turns.forEach(({ parts }, turn) => {
    parts.forEach((part, index) => {
      if (part.type !== 'tool-call' && part.type !== 'tool-result') return;
      if (part.name !== undefined) found.push({ name: part.name, field: `messages[${turn}].content[${index}].name` });
    });
  });
  return found;
}

/** Tools that a provider runs are named by the provider. */
function nameOfTool(tool: ToolDefinition): string | undefined {
  if (tool.type === 'function') return tool.name;
  if (tool.type === 'server') return undefined;
  const { custom, name } = tool.value;
  const holder = isJsonObject(custom) ? custom.name : name;
  return typeof holder === 'string' ? holder : undefined;
}

function renamedTool(tool: ToolDefinition, nameOf: (name: string) => string): ToolDefinition {
  if (tool.type === 'function') return { ...tool, name: nameOf(tool.name) };
  if (tool.type === 'server') return tool;
  const { custom } = tool.value;
  if (!isJsonObject(custom) || typeof custom.name !== 'string') return tool;
  return { ...tool, value: { ...tool.value, custom: { ...custom, name: nameOf(custom.name) } } };
}

function renamed(part: Part, nameOf: (name: string) => string): Part {
  if (part.type === 'tool-call') return { ...part, name: nameOf(part.name) };
  return part.type === 'tool-result' && part.name !== undefined ? { ...part, name: nameOf(part.name) } : part;
}

function withParts(turn: Turn, change: (part: Part) => Part): Turn {
  return { ...turn, parts: turn.parts.map(change) };
}

/**
 * Every call gets an id of its own, also if the history has one id twice: many servers count their calls from 0 in each answer, and
 * providers refuse a history with an id used twice. A result belongs to the latest call of its id.
 */
function fitIds(request: ConversationRequest, limit: TextLimit, dropped: Dropped[]): ConversationRequest {
  const used = new Set<string>();
  const calls = new Map<string, { readonly turn: number; readonly ids: string[] }>();
  let changed = 0;
  let firstField = '';
  const noteChange = (id: string, written: string, field: string): string => {
    if (id === written) return written;
    changed += 1;
    if (changed === 1) firstField = field;
    return written;
  };
  const turns = request.turns.map((turn, place): Turn => {
    let at = -1;
    return withParts(turn, (part) => {
      at += 1;
      if (part.type === 'tool-call') {
        const id = fitText(part.id, limit, used);
        used.add(id);
        const before = calls.get(part.id);
        if (before?.turn === place) before.ids.push(id);
        else calls.set(part.id, { turn: place, ids: [id] });
        return { ...part, id: noteChange(part.id, id, `messages[${place}].content[${at}].id`) };
      }
      if (part.type !== 'tool-result') return part;
      const ids = calls.get(part.callId)?.ids ?? [];
      const id = (ids.length > 1 ? ids.shift() : ids[0]) ?? fitText(part.callId, limit);
      return { ...part, callId: noteChange(part.callId, id, `messages[${place}].content[${at}].id`) };
    });
  });
  if (changed === 0) return request;
  const why = `The provider takes ${limit.words} as ids of calls, each once: ${changed} were written so.`;
  dropped.push({ field: firstField, why, kind: 'fitted' });
  return { ...request, turns };
}
