/**
 * Shows a caller of the provider's prompt cache only what it sent itself: the usage in an answer's bytes is rewritten before a lane reads
 * them, and what was billed is kept. Every usage is written again, also one that stays, so that its spelling tells nothing.
 */
import { defined } from '../core/defined.ts';
import type { JsonValue } from '../core/json.ts';
import { parseJson } from '../core/parse-json.ts';
import type { Usage } from '../formats/neutral/conversation.ts';
import { type HiddenCache, maskUsage, type ShownCache } from '../formats/usage-mask.ts';
import { AnswerProblem } from './answer-problem.ts';

const LINE_FEED = 0x0a;
const MARK = Buffer.from('"usage');
const DATA = 'data:';
/** The last event of a response repeats all of it; no line of a stream is longer. */
const LONGEST_LINE = 64 * 1_048_576;

/** The usage of one answer. */
export class MaskedUsage {
  readonly #shown: ShownCache;
  #hidden: HiddenCache = { read: 0, costUsd: undefined, writtenOneHour: undefined };
  #held: Buffer[] = [];
  #heldBytes = 0;

  constructor(shown: ShownCache) {
    this.#shown = shown;
  }

  /** A whole answer. */
  whole(body: Buffer): Buffer {
    if (!body.includes(MARK)) return body;
    return this.#rewrite(body.toString('utf8')) ?? body;
  }

  /** The lines of a stream that are whole; the rest is held until it is. */
  push(chunk: Buffer): Buffer {
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    if (end === 0) {
      this.#hold(chunk);
      return EMPTY;
    }
    const lines =
      this.#heldBytes === 0 ? chunk.subarray(0, end) : Buffer.concat([...this.#held, chunk.subarray(0, end)]);
    this.#held = [];
    this.#heldBytes = 0;
    if (end < chunk.length) this.#hold(chunk.subarray(end));
    return lines.includes(MARK) ? this.#lines(lines) : lines;
  }

  /** What is held at the end of a stream. */
  end(): Buffer {
    const rest = Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    return rest.includes(MARK) ? this.#lines(rest) : rest;
  }

  /** What the provider bills for an answer of which the caller is shown this. */
  billed(shown: Usage): Usage {
    const { read, costUsd, writtenOneHour } = this.#hidden;
    const { cachedInputTokens = 0, cacheWriteTokens } = shown;
    const isAsShown = writtenOneHour === undefined || writtenOneHour === (shown.cacheWriteOneHourTokens ?? 0);
    if (read === 0 && costUsd === undefined && isAsShown) return shown;
    const isWritten = this.#shown.otherwise !== undefined && cacheWriteTokens !== undefined;
    return {
      ...shown,
      ...(read > 0 && { cachedInputTokens: cachedInputTokens + read }),
      ...(isWritten && { cacheWriteTokens: Math.max(0, cacheWriteTokens - read) }),
      ...defined({ cacheWriteOneHourTokens: writtenOneHour, providerCostUsd: costUsd }),
    };
  }

  #hold(bytes: Buffer): void {
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > LONGEST_LINE) {
      throw new AnswerProblem({ kind: 'malformed', detail: 'a line of the stream is too long' });
    }
    // The chunk belongs to the connection, which may use it again.
    this.#held.push(Buffer.from(bytes));
  }

  #lines(bytes: Buffer): Buffer {
    const pieces: Buffer[] = [];
    let from = 0;
    while (from < bytes.length) {
      const feed = bytes.indexOf(LINE_FEED, from);
      const end = feed === -1 ? bytes.length : feed + 1;
      pieces.push(this.#line(bytes.subarray(from, end)));
      from = end;
    }
    return Buffer.concat(pieces);
  }

  #line(line: Buffer): Buffer {
    if (!line.includes(MARK)) return line;
    const text = line.toString('utf8');
    const data = text.startsWith(DATA) ? text.slice(DATA.length).trim() : '';
    if (data === '') return line;
    const written = this.#rewrite(data);
    return written === undefined ? line : Buffer.concat([DATA_BYTES, written, /\r?\n$/.test(text) ? FEED : EMPTY]);
  }

  #rewrite(json: string): Buffer | undefined {
    let value: JsonValue;
    try {
      value = parseJson(json);
    } catch {
      // The reader behind says what is wrong with it.
      return undefined;
    }
    const hidden = maskUsage(value, this.#shown);
    if (hidden === undefined) return undefined;
    const { read, costUsd, writtenOneHour } = this.#hidden;
    this.#hidden = {
      read: Math.max(read, hidden.read),
      costUsd: hidden.costUsd ?? costUsd,
      writtenOneHour: hidden.writtenOneHour ?? writtenOneHour,
    };
    return Buffer.from(JSON.stringify(value));
  }
}

const EMPTY = Buffer.alloc(0);
const DATA_BYTES = Buffer.from('data: ');
const FEED = Buffer.from('\n');
