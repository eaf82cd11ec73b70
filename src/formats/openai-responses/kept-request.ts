/** What a request says about keeping its answer, and the request with an earlier response put before its input. */
import { isJsonObject, itemsOf, type JsonObject, type JsonValue, objectsOf } from '../../core/json.ts';
import { type Member, memberNamed, parseMember, type ReadableEnvelope, valueBytes } from '../../wire/envelope.ts';
import { walkObjects } from '../../wire/json-walk.ts';
import { type Edit, splice } from '../../wire/splice.ts';
import { isCompaction } from './compaction.ts';

/** What a request asks of the store; a `null` says what its absence says. */
export interface KeepingAsked {
  readonly store: JsonValue | undefined;
  readonly background: JsonValue | undefined;
  readonly previousResponseId: JsonValue | undefined;
  readonly conversation: JsonValue | undefined;
  /** A template that is kept at a provider. */
  readonly prompt: JsonValue | undefined;
}

/** Reads what a request asks of the store. */
export function readKeeping(body: Buffer, envelope: ReadableEnvelope): KeepingAsked {
  const askedIn = (name: string): JsonValue | undefined => {
    const member = memberNamed(envelope, name);
    return member === undefined ? undefined : (parseMember(body, member) ?? undefined);
  };
  return {
    store: askedIn('store'),
    background: askedIn('background'),
    previousResponseId: askedIn('previous_response_id'),
    conversation: askedIn('conversation'),
    prompt: askedIn('prompt'),
  };
}

const REFERENCE = { noted: ['type', 'role', 'id'] };

/** Whether an item of the input only names an item of an earlier response. OpenAI's schema also allows one without `type`. */
export function refersToItem(body: Buffer, envelope: ReadableEnvelope): boolean {
  const input = memberNamed(envelope, 'input');
  if (input?.kind !== 'array') return false;
  const found: true[] = [];
  walkObjects(
    body,
    input.valueStart,
    REFERENCE,
    (item, all) => {
      const type = item.string('type');
      const isBare = type === undefined && item.string('role') === undefined && item.span('id') !== undefined;
      if (isBare || type === 'item_reference') all.push(true);
    },
    found,
  );
  return found.length > 0;
}

const ENCRYPTED = 'reasoning.encrypted_content';

/** How a request is changed before it is planned. */
interface KeptChange {
  /** Items of an earlier turn, which come before the input. */
  readonly before: readonly JsonValue[] | undefined;
  /** The items of the input, if they are others than those that were sent. */
  readonly input?: readonly JsonValue[] | undefined;
  /** Whether the answer is kept: its reasoning is then asked for in the form that any later turn can be given. */
  readonly isKept: boolean;
}

/** The request as it is answered: without the members that the gateway acts on. */
export function preparedRequest(
  body: Buffer,
  envelope: ReadableEnvelope,
  { before, input, isKept }: KeptChange,
): Buffer {
  const edits: Edit[] = [];
  const set = (name: string, json: string): void => {
    const edit = memberNamed(envelope, name) === undefined ? 'add' : 'replace';
    edits.push({ edit, name, json });
  };
  for (const name of ['previous_response_id', 'conversation', 'background']) {
    if (memberNamed(envelope, name) !== undefined) edits.push({ edit: 'remove', name });
  }
  if (input !== undefined) set('input', JSON.stringify([...(before ?? []), ...input]));
  else if (before !== undefined) set('input', joined(before, body, envelope));
  if (isKept) {
    set('store', 'true');
    const include = memberNamed(envelope, 'include');
    const asked = include === undefined ? null : parseMember(body, include);
    if (asked === null || (Array.isArray(asked) && !asked.includes(ENCRYPTED))) {
      set('include', JSON.stringify([...itemsOf(asked), ENCRYPTED]));
    }
  }
  return splice(body, envelope, edits);
}

/** The input with the earlier items before it. What is not an input is put behind them as it is: the list is then refused. */
function joined(before: readonly JsonValue[], body: Buffer, envelope: ReadableEnvelope): string {
  const member = memberNamed(envelope, 'input');
  const own = member === undefined ? '' : valueBytes(body, member).toString('utf8');
  const earlier = JSON.stringify(before).slice(1, -1);
  return `[${[earlier, itemsIn(member?.kind, own)].filter((text) => text !== '').join(',')}]`;
}

function itemsIn(kind: Member['kind'] | undefined, own: string): string {
  switch (kind) {
    case undefined:
    case 'null':
      return '';
    case 'string':
      return `{"role":"user","content":${own}}`;
    case 'array':
      return own.slice(1, -1).trim();
    default:
      return own;
  }
}

/**
 * The request as OpenAI gets it: what the gateway keeps is kept nowhere else. Models that do not reason refuse to be asked for their
 * reasoning ("Encrypted content is not supported with this model", 2026-11-28).
 */
export function unkeptUpstream(body: Buffer, envelope: ReadableEnvelope, reasons: boolean): Buffer {
  const edits: Edit[] = [];
  if (memberNamed(envelope, 'store') !== undefined) edits.push({ edit: 'replace', name: 'store', json: 'false' });
  const include = memberNamed(envelope, 'include');
  if (!reasons && include !== undefined) {
    const others = itemsOf(parseMember(body, include)).filter((word) => word !== ENCRYPTED);
    edits.push(
      others.length === 0
        ? { edit: 'remove', name: 'include' }
        : { edit: 'replace', name: 'include', json: JSON.stringify(others) },
    );
  }
  return splice(body, envelope, edits);
}

/** The items of a request's input. */
export function inputItemsOf({ input }: JsonObject): readonly JsonValue[] {
  return typeof input === 'string' ? [{ role: 'user', content: input }] : itemsOf(input);
}

/** The items of an answer as a later request may hold them: reasoning that only its provider could look up is left out. */
export function outputAsInput({ output }: JsonObject): readonly JsonValue[] {
  return itemsOf(output).filter(
    (item) => !isJsonObject(item) || item.type !== 'reasoning' || typeof item.encrypted_content === 'string',
  );
}

/** The ids of the items in an answer that only the account at OpenAI which encrypted them can read: reasoning, and compactions. */
export function encryptedIds({ output }: JsonObject): readonly string[] {
  return objectsOf(output).flatMap((item) => {
    const { type, id, encrypted_content: content } = item;
    const isOwn = typeof content === 'string' && !content.includes(':') && (type === 'reasoning' || isCompaction(item));
    return isOwn && typeof id === 'string' ? [id] : [];
  });
}

/** The deployments that made the compactions among some items, as far as that is known. */
export function makersOfCompactions(
  items: readonly JsonValue[],
  makers: Iterable<readonly [item: string, maker: string]>,
): ReadonlySet<string> {
  const ids = new Set(items.flatMap((item) => (isJsonObject(item) && isCompaction(item) ? [item.id] : [])));
  return new Set([...makers].flatMap(([item, maker]) => (ids.has(item) ? [maker] : [])));
}

/**
 * The request without reasoning that its receiver cannot decrypt ("invalid_encrypted_content"). Calls lose their ids with it, because
 * OpenAI asks for the reasoning that belongs to a call with an id.
 */
export function withoutReasoning(body: Buffer, envelope: ReadableEnvelope, ids: ReadonlySet<string>): Buffer {
  const member = memberNamed(envelope, 'input');
  if (member?.kind !== 'array') return body;
  const items = itemsOf(parseMember(body, member)).flatMap((item): JsonValue[] => {
    if (!isJsonObject(item)) return [item];
    if (item.type === 'reasoning') return typeof item.id === 'string' && ids.has(item.id) ? [] : [item];
    if (item.type !== 'function_call' && item.type !== 'custom_tool_call') return [item];
    const { id: _, ...call } = item;
    return [call];
  });
  return splice(body, envelope, [{ edit: 'replace', name: 'input', json: JSON.stringify(items) }]);
}
