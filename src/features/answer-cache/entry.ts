/** What is kept of an answer, as bytes: a line of facts, and the answer as its client got it. */
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { isFormatId } from '../../formats/index.ts';
import type { FormatId, Usage } from '../../formats/neutral/conversation.ts';

/** An answer that is kept. */
export interface Entry {
  readonly keptAtMs: number;
  readonly format: FormatId;
  readonly isStream: boolean;
  /** Whether a stream was made for a client that asked for the usage. */
  readonly streamUsage: boolean;
  readonly usage: Usage | undefined;
  readonly body: Buffer;
}

const LINE_END = 10;

/** An entry as bytes. */
export function writeEntry({ body, ...facts }: Entry): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify(facts)}\n`), body]);
}

/** The entry of some bytes; undefined if they are not an entry of this release. */
export function readEntry(bytes: Buffer): Entry | undefined {
  const end = bytes.indexOf(LINE_END);
  if (end === -1) return undefined;
  try {
    const facts: unknown = JSON.parse(bytes.toString('utf8', 0, end));
    if (!isJsonObject(facts)) return undefined;
    const { keptAtMs, format, isStream, streamUsage, usage } = facts;
    if (typeof keptAtMs !== 'number' || typeof format !== 'string' || !isFormatId(format)) return undefined;
    if (typeof isStream !== 'boolean' || typeof streamUsage !== 'boolean') return undefined;
    if (usage !== undefined && !isUsage(usage)) return undefined;
    return { keptAtMs, format, isStream, streamUsage, usage, body: bytes.subarray(end + 1) };
  } catch {
    return undefined;
  }
}

/** What limits and books count must be counts. */
function isUsage(usage: unknown): usage is Usage & JsonObject {
  if (!isJsonObject(usage)) return false;
  const counts = Object.entries(usage).filter(([name]) => /Tokens$|Requests$/.test(name));
  return (
    counts.every(([, count]) => Number.isSafeInteger(count) && (count as number) >= 0) &&
    usage.inputTokens !== undefined &&
    usage.outputTokens !== undefined
  );
}
