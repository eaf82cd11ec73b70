/**
 * The records of the journal: one line for each event, with a checksum in front that shows whether the line was written
 * whole. Money is a decimal string, because JSON has no integers of that size.
 */
import { crc32 } from 'node:zlib';
import { defined } from '../../core/defined.ts';
import { isJsonObject, itemsOf, type JsonObject } from '../../core/json.ts';
import type { PicoUsd } from '../../core/money.ts';
import type { Charge, Settlement } from '../contracts/claims.ts';
import type { ClosedEntry, OpenEntry } from '../contracts/journal.ts';
import type { LedgerRow } from '../contracts/ledger.ts';
import { type PlainRow, rowOfJson, textOfRow } from '../contracts/ledger-text.ts';
import { textsOf } from './written-entry.ts';

/** One line of a journal. */
export type JournalRecord =
  /** `isMarked`: a mark follows when a provider gets the request. Older versions wrote no marks. */
  | { readonly kind: 'open'; readonly entry: OpenEntry; readonly isMarked: boolean }
  | { readonly kind: 'sent'; readonly callId: string; readonly atMs: number }
  /** The process lives: the file's time says when. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'hold'; readonly callId: string; readonly hold: PicoUsd }
  /**
   * `number` counts the closed entries of this journal, from 1. 0: it may not go to the ledger yet and comes again,
   * with a number.
   */
  | { readonly kind: 'closed'; readonly entry: ClosedEntry; readonly number: number }
  | { readonly kind: 'dropped'; readonly callId: string }
  /** The ledger has every closed entry up to this number. */
  | { readonly kind: 'delivered'; readonly number: number };

const CHECKSUM_LENGTH = 8;

/** The record of a request that is under way. */
export function openText({ callId, hold, row, pace }: OpenEntry): string {
  const held = hold === undefined ? '' : `,"hold":"${hold}"`;
  const paced = pace === undefined ? '' : `,"fixed":"${pace.fixed}","perSecond":"${pace.perSecond}"`;
  return `{"open":${JSON.stringify(callId)},"marked":true${held}${paced},"row":${textOfRow(row)}}`;
}

/** The record of the moment in which a provider gets a request. */
export function sentText(callId: string, atMs: number): string {
  return `{"sent":${JSON.stringify(callId)},"at":${atMs}}`;
}

/** The record of a process that lives and has had nothing else to write. */
export const ALIVE_TEXT = '{"alive":true}';

/** The record of a request's new hold. */
export function holdText(callId: string, hold: PicoUsd): string {
  return JSON.stringify({ held: callId, hold: hold.toString() });
}

/** The record of how a request ended. */
export function closedText(entry: ClosedEntry, number: number): string {
  const { callId, settlement } = entry;
  const settled = settlement === undefined ? '' : `,"settlement":${JSON.stringify(plainSettlement(settlement))}`;
  return `{"closed":${JSON.stringify(callId)},"number":${number},"rows":[${textsOf(entry).join()}]${settled}}`;
}

/** The record of a request that was never sent. */
export function droppedText(callId: string): string {
  return JSON.stringify({ dropped: callId });
}

/** The record of the last closed entry that the ledger has. */
export function deliveredText(number: number): string {
  return JSON.stringify({ delivered: number });
}

/** Reads the entry that `openText` wrote. */
export function openOfText(text: string): OpenEntry | undefined {
  return openRecordOf(text)?.entry;
}

/** The same with what else its line says. */
export function openRecordOf(text: string): Extract<JournalRecord, { readonly kind: 'open' }> | undefined {
  const record = readText(text);
  return record?.kind === 'open' ? record : undefined;
}

/** What a line is about, without the rows in it. */
type JournalEvent =
  | { readonly kind: 'open'; readonly callId: string; readonly text: string }
  | { readonly kind: 'closed'; readonly callId: string; readonly number: number; readonly endedAtMs: number }
  | Exclude<JournalRecord, { readonly kind: 'open' | 'closed' }>;

/** Call ids are ours and need no escape; a line that has one is read in full. */
const HEAD = /^\{"(?:open":"([^"\\]+)"|closed":"([^"\\]+)","number":(\d+)),/;
/** In the first row: within a text its quotes would be escaped. */
const ENDED_AT = /"endedAtMs":(\d+)/;

/** Reads what one line is about, which takes a fraction of the time that its rows would; undefined if it is not whole. */
export function readEvent(bytes: Buffer): JournalEvent | undefined {
  const body = bodyOf(bytes);
  if (body === undefined) return undefined;
  const text = body.toString();
  const [, opened, closed, number] = HEAD.exec(text) ?? [];
  if (opened !== undefined) return { kind: 'open', callId: opened, text };
  const endedAtMs = (): number => Number(ENDED_AT.exec(text)?.[1] ?? 0);
  if (closed !== undefined) return { kind: 'closed', callId: closed, number: Number(number), endedAtMs: endedAtMs() };
  const record = readText(text);
  switch (record?.kind) {
    case 'open':
      return { kind: 'open', callId: record.entry.callId, text };
    case 'closed':
      return { kind: 'closed', callId: record.entry.callId, number: record.number, endedAtMs: endedAtMs() };
    default:
      return record;
  }
}

/** What a row adds to the sums of accounts. */
export type CountedRow = Pick<LedgerRow, 'accounts' | 'startedAtMs' | 'cost'>;

/** How a request ended, as far as sums of accounts need it. */
interface ClosedCosts {
  readonly callId: string;
  readonly number: number;
  readonly endedAtMs: number;
  readonly rows: readonly CountedRow[];
  /** Absent if the store has it: the record has a number. */
  readonly settlement?: Settlement;
}

/**
 * Reads one line without its end if it says how a request ended; undefined for all other lines, which it does not parse. `damaged`: its
 * checksum is right, and what it says is not an ending.
 */
export function readClosed(bytes: Buffer): Extract<JournalRecord, { readonly kind: 'closed' }> | 'damaged' | undefined {
  const body = isClosedLine(bytes) ? bodyOf(bytes) : undefined;
  if (body === undefined) return undefined;
  const text = body.toString();
  const record = readText(text);
  if (record?.kind === 'closed') return record;
  // Any other line was damaged to `readEvent` already.
  return HEAD.test(text) ? 'damaged' : undefined;
}

/** The same without what sums do not need, which takes half the time. */
export function readCosts(bytes: Buffer): ClosedCosts | undefined {
  const body = isClosedLine(bytes) ? bodyOf(bytes) : undefined;
  if (body === undefined) return undefined;
  return unlessOdd(() => {
    const { closed, number, rows, settlement } = JSON.parse(body.toString()) as ClosedLine;
    if (typeof closed !== 'string' || typeof number !== 'number' || !rows.every(isRow)) return undefined;
    return {
      ...{ callId: closed, number, endedAtMs: rows[0]?.endedAtMs ?? 0 },
      rows: rows.map(({ accounts, startedAtMs, cost }) => ({
        accounts,
        startedAtMs,
        ...defined({ cost: amount(cost) }),
      })),
      ...defined({ settlement: number === 0 && settlement !== undefined ? settlementOf(settlement) : undefined }),
    };
  });
}

/** What `closedText` wrote. */
interface ClosedLine {
  readonly closed: string;
  readonly number: number;
  readonly rows: readonly PlainRow[];
  readonly settlement?: unknown;
}

const CLOSED_HEAD = Buffer.from('{"closed":');

/** `closedText` writes its kind first; so did every version. */
function isClosedLine(bytes: Buffer): boolean {
  const begin = CHECKSUM_LENGTH + 1;
  const end = begin + CLOSED_HEAD.length;
  return bytes.length >= end && bytes.compare(CLOSED_HEAD, 0, CLOSED_HEAD.length, begin, end) === 0;
}

/** Reads one line without its end; undefined if the line is not whole. */
export function readLine(bytes: Buffer): JournalRecord | undefined {
  const body = bodyOf(bytes);
  return body === undefined ? undefined : readText(body.toString());
}

/** What follows the checksum; undefined if it is not what was written. */
function bodyOf(bytes: Buffer): Buffer | undefined {
  if (bytes.length <= CHECKSUM_LENGTH + 1) return undefined;
  if (bytes[CHECKSUM_LENGTH] !== SPACE) return undefined;
  const body = bytes.subarray(CHECKSUM_LENGTH + 1);
  return numberOfHex(bytes) === crc32(body) ? body : undefined;
}

function readText(text: string): JournalRecord | undefined {
  return unlessOdd(() => {
    const said: unknown = JSON.parse(text);
    // The checksum shows that the line is as it was written; an unknown kind was written by a newer version.
    return isJsonObject(said) ? recordOf(said) : undefined;
  });
}

/**
 * Undefined if a line says what no version writes: it counts as damaged, so that one odd line does not keep a gateway from starting, or
 * all others from being booked.
 */
function unlessOdd<Read>(read: () => Read | undefined): Read | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Whether it has what booking it needs. */
function isRow(row: unknown): boolean {
  if (!isJsonObject(row)) return false;
  const { attemptId, callId, startedAtMs, endedAtMs, accounts } = row;
  const hasNames = typeof attemptId === 'string' && typeof callId === 'string';
  const areAccounts = Array.isArray(accounts) && accounts.every((each) => typeof each === 'string');
  return hasNames && typeof startedAtMs === 'number' && typeof endedAtMs === 'number' && areAccounts;
}

/** A record from its JSON, which is what one of the functions above wrote. */
function recordOf(json: JsonObject): JournalRecord | undefined {
  const { open, sent, alive, held, closed, dropped, delivered, number } = json;
  if (typeof open === 'string') {
    if (!isRow(json.row)) return undefined;
    const [fixed, perSecond] = [amount(json.fixed), amount(json.perSecond)];
    const pace = fixed === undefined || perSecond === undefined ? undefined : { fixed, perSecond };
    const entry = { callId: open, hold: amount(json.hold), row: rowOfJson(json.row), ...defined({ pace }) };
    return { kind: 'open', entry, isMarked: json.marked === true };
  }
  if (typeof sent === 'string') return { kind: 'sent', callId: sent, atMs: Number(json.at) };
  if (alive === true) return { kind: 'alive' };
  if (typeof held === 'string') return { kind: 'hold', callId: held, hold: amount(json.hold) ?? 0n };
  if (typeof closed === 'string' && typeof number === 'number') {
    if (!Array.isArray(json.rows) || !json.rows.every(isRow)) return undefined;
    const settlement = json.settlement === undefined ? undefined : settlementOf(json.settlement);
    const entry = { callId: closed, rows: itemsOf(json.rows).map(rowOfJson), ...defined({ settlement }) };
    return { kind: 'closed', number, entry };
  }
  if (typeof dropped === 'string') return { kind: 'dropped', callId: dropped };
  if (typeof delivered === 'number') return { kind: 'delivered', number: delivered };
  return undefined;
}

function plainSettlement(settlement: Settlement) {
  return {
    ...settlement,
    cost: settlement.cost.toString(),
    charges: settlement.charges.map((charge) => ({ ...charge, cost: charge.cost.toString() })),
  };
}

function settlementOf(json: unknown): Settlement {
  const plain = json as ReturnType<typeof plainSettlement>;
  const charges: Charge[] = plain.charges.map((charge) => ({ ...charge, cost: BigInt(charge.cost) }));
  return { ...plain, cost: BigInt(plain.cost), charges };
}

function amount(value: unknown): PicoUsd | undefined {
  return typeof value === 'string' ? BigInt(value) : undefined;
}

/** A text as a line of its own, for files that are rarely written. */
export function lineOf(text: string): string {
  return `${checksum(text)} ${text}\n`;
}

/** How many bytes a line of this text needs at most. */
export function mostBytesOf(text: string): number {
  return text.length * 3 + CHECKSUM_LENGTH + 2;
}

/** Writes a text as a line into a buffer that has room for it; returns the end of the line. */
export function putLine(buffer: Buffer, at: number, text: string): number {
  const begin = at + CHECKSUM_LENGTH + 1;
  const end = begin + buffer.write(text, begin);
  buffer.write(checksum(text), at, 'latin1');
  buffer[begin - 1] = SPACE;
  buffer[end] = LINE_END;
  return end + 1;
}

const SPACE = 0x20;
/** The end of a line; JSON contains none. */
export const LINE_END = 0x0a;

/** The checksum in front of a line, or -1. A text of it would take longer to make than the checksum itself. */
function numberOfHex(bytes: Buffer): number {
  let number = 0;
  for (let at = 0; at < CHECKSUM_LENGTH; at += 1) {
    const byte = bytes[at] ?? 0;
    const isDigit = byte >= 0x30 && byte <= 0x39;
    if (!isDigit && !(byte >= 0x61 && byte <= 0x66)) return -1;
    number = number * 16 + (isDigit ? byte - 0x30 : byte - 0x57);
  }
  return number;
}

function checksum(body: string | Buffer): string {
  return crc32(body).toString(16).padStart(CHECKSUM_LENGTH, '0');
}
