/** Keeps the prompts of tenants apart in caches that know none: a member of the request, or a line at the beginning of the prompt. */
import { memberNamed, type ReadableEnvelope, readEnvelope } from '../wire/envelope.ts';
import { CLOSE_OBJECT, OPEN_ARRAY, OPEN_OBJECT, QUOTE, skipSpace } from '../wire/json-scan.ts';
import { endOfValue, forEachMember, isName, itemsOf } from '../wire/json-walk.ts';
import { splice } from '../wire/splice.ts';
import type { FormatId } from './neutral/conversation.ts';

/** The text that a member holds; undefined if it is absent or something else. */
export function textMember(body: Buffer, name: string): string | undefined {
  const envelope = readEnvelope(body);
  const member = envelope.ok ? memberNamed(envelope, name) : undefined;
  if (member?.kind !== 'string') return undefined;
  return JSON.parse(body.toString('utf8', member.valueStart, member.valueEnd)) as string;
}

/** The body with this text as a member. */
export function withTextMember(body: Buffer, name: string, value: string): Buffer {
  const envelope = readEnvelope(body);
  if (!envelope.ok) return body;
  const edit = memberNamed(envelope, name) === undefined ? 'add' : 'replace';
  return splice(body, envelope, [{ edit, name, json: JSON.stringify(value) }]);
}

interface Insertion {
  readonly at: number;
  readonly text: string;
}

/** How a format begins its instructions. */
interface SaltPlaces {
  /** The members that may hold instructions apart from the conversation. */
  readonly instructions: readonly string[];
  /** A text of a list of instructions. */
  readonly textBlock: (line: string) => string;
  /** What is added if there are no instructions: a member, or the first message of one. */
  readonly otherwise: { readonly member: string; readonly json?: (line: string) => string };
  readonly message?: (line: string) => string;
}

const textOf = (line: string): string => JSON.stringify({ type: 'text', text: line });
const messageOf = (line: string): string => JSON.stringify({ role: 'system', content: line });

const PLACES: Partial<Readonly<Record<FormatId, SaltPlaces>>> = {
  'anthropic-messages': {
    instructions: ['system'],
    textBlock: textOf,
    otherwise: { member: 'system', json: (line) => JSON.stringify(line) },
  },
  'openai-chat': { instructions: [], textBlock: textOf, otherwise: { member: 'messages' }, message: messageOf },
  'openai-responses': {
    instructions: ['instructions'],
    textBlock: textOf,
    otherwise: { member: 'instructions', json: (line) => JSON.stringify(line) },
  },
};

/**
 * The body with a line at the beginning of its first tool's description and of its instructions, whichever of them the provider reads first.
 * Undefined if the format has no place for it.
 */
export function saltPrompt(body: Buffer, format: FormatId, line: string): Buffer | undefined {
  const places = PLACES[format];
  const envelope = readEnvelope(body);
  if (places === undefined || !envelope.ok) return undefined;
  const insertions = [...inTools(body, envelope, line), ...inInstructions(body, envelope, places, line)];
  const pieces: Buffer[] = [];
  let from = 0;
  for (const { at, text } of insertions.sort((one, other) => one.at - other.at)) {
    pieces.push(body.subarray(from, at), Buffer.from(text));
    from = at;
  }
  return Buffer.concat([...pieces, body.subarray(from)]);
}

/** `\n` as it is written in JSON. */
const insideText = (line: string): string => JSON.stringify(`${line}\n`).slice(1, -1);

function inInstructions(
  body: Buffer,
  envelope: ReadableEnvelope,
  { instructions, textBlock, otherwise, message }: SaltPlaces,
  line: string,
): readonly Insertion[] {
  for (const name of instructions) {
    const member = memberNamed(envelope, name);
    if (member === undefined) continue;
    if (member.kind === 'string') return [{ at: member.valueStart + 1, text: insideText(line) }];
    if (member.kind === 'array') return [beginning(body, member.valueStart, textBlock(line))];
  }
  const member = memberNamed(envelope, otherwise.member);
  if (message !== undefined) {
    return member?.kind === 'array' ? [beginning(body, member.valueStart, message(line))] : [];
  }
  if (member !== undefined || otherwise.json === undefined) return [];
  const comma = envelope.members.length > 0 ? ',' : '';
  const text = `${JSON.stringify(otherwise.member)}:${otherwise.json(line)}${comma}`;
  return [{ at: envelope.start + 1, text }];
}

/** An item before all others. */
function beginning(body: Buffer, start: number, item: string): Insertion {
  const isEmpty = itemsOf(body, start)?.count === 0;
  return { at: start + 1, text: isEmpty ? item : `${item},` };
}

/** The description of the first tool, which stands in it or in its `function`. */
function inTools(body: Buffer, envelope: ReadableEnvelope, line: string): readonly Insertion[] {
  const tools = memberNamed(envelope, 'tools');
  if (tools === undefined || body[tools.valueStart] !== OPEN_ARRAY) return [];
  const first = skipSpace(body, tools.valueStart + 1);
  if (body[first] !== OPEN_OBJECT) return [];
  let described = first;
  let isHosted = true;
  forEachMember(body, first, (nameStart, nameEnd, valueStart) => {
    if (isName(body, nameStart, nameEnd, 'function') && body[valueStart] === OPEN_OBJECT) {
      described = valueStart;
      isHosted = false;
    }
    if (['input_schema', 'parameters', 'description'].some((name) => isName(body, nameStart, nameEnd, name)))
      isHosted = false;
    return endOfValue(body, valueStart);
  });
  // A tool that the provider runs has no words of the caller's.
  return isHosted ? [] : [inDescription(body, described, line)];
}

function inDescription(body: Buffer, start: number, line: string): Insertion {
  let found: Insertion | undefined;
  const end = forEachMember(body, start, (nameStart, nameEnd, valueStart) => {
    if (isName(body, nameStart, nameEnd, 'description') && body[valueStart] === QUOTE) {
      found = { at: valueStart + 1, text: insideText(line) };
    }
    return endOfValue(body, valueStart);
  });
  if (found !== undefined) return found;
  const isEmpty = body[skipSpace(body, start + 1)] === CLOSE_OBJECT;
  return { at: end - 1, text: `${isEmpty ? '' : ','}"description":${JSON.stringify(line)}` };
}
