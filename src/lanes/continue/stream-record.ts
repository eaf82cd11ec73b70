/**
 * What a client was sent of a stream, kept so that the answer can be continued elsewhere when the stream breaks off.
 * Both lanes write the client's format, so one record serves both: whatever the client got is in it, and is read only
 * on a failure.
 */
import { parseJson } from '../../core/parse-json.ts';
import type { StreamPosition } from '../../formats/format.ts';
import type { FormatParts } from '../../formats/index.ts';
import type { StreamEvent, Usage } from '../../formats/neutral/conversation.ts';
import { endOfEvent } from '../../wire/event-boundary.ts';
import { SseSplitter } from '../../wire/sse.ts';
import { WholeEvents } from '../../wire/whole-events.ts';
import { type ReportedProblem, reportedProblem } from '../answer-problem.ts';

/** Answers are rarely larger. A stream that is can no longer be continued if it breaks. */
const RECORD_LIMIT_BYTES = 1024 * 1024;

/** Why a stream cannot be continued from what the client has of it. */
export type Unreadable = 'too-large' | 'half-event' | 'malformed' | 'error-told';

/** What the client has of an answer. */
export interface SentSoFar {
  readonly id: string | undefined;
  /** The model name the client saw. */
  readonly model: string | undefined;
  readonly createdSeconds: number | undefined;
  /** The text of each choice by its number. */
  readonly texts: ReadonlyMap<number, string>;
  /** The text of choice 0, which is the only one that is ever continued. */
  readonly text: string;
  readonly reasoning: string;
  /** The reasoning is a part of the text that the client has: whether it was still open. */
  readonly isThinkingInText?: boolean;
  /** A call was begun, of a tool of the client's or of the provider's own. */
  readonly hasToolCall: boolean;
  /**
   * Something was sent that cannot be handed back to a model as its own words: a refusal, an image, a block of one
   * format.
   */
  readonly hasOther: boolean;
  /** The finish reason was sent: only the end mark is missing. */
  readonly finishSeen: boolean;
  /** The end mark was sent too: the client has everything. */
  readonly endSeen: boolean;
  /** How many choices were begun. */
  readonly choices: number;
  readonly events: readonly StreamEvent[];
  /** Usage, if the client was sent it. */
  readonly usage: Usage | undefined;
  readonly position: StreamPosition | undefined;
  /** Bytes that complete the client's last event; they must be sent before anything else. */
  readonly owed: '' | '\n\n';
  readonly unreadable: Unreadable | undefined;
}

/** The record of one client's stream, over all the attempts that wrote to it. */
export class StreamRecord {
  readonly #format: FormatParts;
  readonly #limitBytes: number;
  readonly #whole = new WholeEvents();
  #chunks: (Uint8Array | string)[] = [];
  #bytes = 0;
  #isTooLarge = false;
  #reported: ReportedProblem | undefined;

  constructor(format: FormatParts, limitBytes: number = RECORD_LIMIT_BYTES) {
    this.#format = format;
    this.#limitBytes = limitBytes;
  }

  /**
   * An error the provider reported inside a relayed stream, which the client was not sent: look here after each `pass`
   * and treat the stream as failed. Undefined if there was none.
   */
  get reported(): ReportedProblem | undefined {
    return this.#reported;
  }

  /** Takes what a lane writes and returns what to send of it now, which may be nothing: only whole events leave. */
  pass(bytes: Uint8Array | string): Uint8Array | string {
    if (this.#isTooLarge) return this.#passUnread(bytes);
    // Text comes from a writer and is whole events.
    const ready = typeof bytes === 'string' ? bytes : this.#withoutError(bytes);
    if (ready.length > 0) this.#keep(ready);
    return ready;
  }

  /**
   * The stream ended well: what was held back of it, to be sent before what the lane still owes the client. An event
   * that lacks its blank line gets it; half an event would only break the client's reader.
   */
  flush(): Uint8Array {
    const rest = this.#whole.end();
    if (rest.length === 0 || isHalf(rest)) return NOTHING;
    const ready = Buffer.concat([rest, BLANK_LINE]);
    if (!this.#isTooLarge) this.#keep(ready);
    return ready;
  }

  /** The stream broke off: reads what the client has. What was held back is lost with the stream. */
  readSent(): SentSoFar {
    this.#whole.drop();
    this.#reported = undefined;
    return readSent(this.#format, this.#chunks, this.#isTooLarge);
  }

  /** Nothing more is kept or looked at; only what was held back when the record closed still has to leave first. */
  #passUnread(bytes: Uint8Array | string): Uint8Array | string {
    const held = typeof bytes === 'string' ? NOTHING : this.#whole.end();
    return held.length === 0 ? bytes : Buffer.concat([held, Buffer.from(bytes)]);
  }

  #keep(bytes: Uint8Array | string): void {
    this.#bytes += bytes.length;
    if (this.#bytes <= this.#limitBytes) {
      this.#chunks.push(bytes);
      return;
    }
    this.#isTooLarge = true;
    this.#chunks = [];
  }

  #withoutError(bytes: Uint8Array): Uint8Array {
    if (this.#reported !== undefined) return NOTHING;
    const whole = this.#whole.push(bytes);
    // Inside a JSON text the quotes would be escaped, so this is a member or a value of the event itself, and rare.
    if (!whole.includes(ERROR)) return whole;
    let start = 0;
    while (start < whole.length) {
      const found = endOfEvent(whole, start);
      const end = found === -1 ? whole.length : found;
      const error = this.#errorIn(whole.subarray(start, end));
      if (error !== undefined) {
        this.#reported = reportedProblem(error);
        this.#whole.drop();
        return whole.subarray(0, start);
      }
      start = end;
    }
    return whole;
  }

  #errorIn(event: Buffer) {
    if (!event.includes(ERROR)) return undefined;
    let error: Extract<StreamEvent, { type: 'error' }>['error'] | undefined;
    const reader = this.#format.openStreamReader();
    const splitter = new SseSplitter((data, eventName) => {
      reader.read(data, eventName, (found) => {
        if (found.type === 'error') error ??= found.error;
      });
    });
    try {
      splitter.push(event);
      splitter.end();
    } catch {
      // An event that cannot be read is not an error that the provider reported; the client gets it as it came.
    }
    return error;
  }
}

const NOTHING = Buffer.alloc(0);
const BLANK_LINE = Buffer.from('\n\n');
const ERROR = Buffer.from('"error"');

function readSent(format: FormatParts, chunks: readonly (Uint8Array | string)[], isTooLarge: boolean): SentSoFar {
  const bytes = Buffer.concat(chunks.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk)));
  const open = bytes.subarray(endOfWhole(bytes));
  const owed = open.length === 0 ? '' : '\n\n';
  const events: StreamEvent[] = [];
  const datas: string[] = [];
  let unreadable: Unreadable | undefined = isTooLarge ? 'too-large' : isHalf(open) ? 'half-event' : undefined;
  const emit = (event: StreamEvent): void => void events.push(event);
  let endSeen = false;
  const reader = format.openStreamReader();
  const splitter = new SseSplitter((data, eventName) => {
    datas.push(data);
    reader.read(data, eventName, emit);
  });
  try {
    splitter.push(unreadable === 'half-event' ? bytes.subarray(0, bytes.length - open.length) : bytes);
    splitter.end();
    endSeen = events.at(-1)?.type === 'end';
    reader.close(emit);
  } catch {
    // The client has an event that is not of its format; what it made of that is unknown.
    unreadable ??= 'malformed';
  }
  if (events.some(({ type }) => type === 'error')) unreadable ??= 'error-told';
  const position = format.conversation?.readPosition?.(datas);
  return { ...collect(events, position), events, endSeen, position, owed, unreadable };
}

/** The offset behind the last whole event. */
function endOfWhole(bytes: Buffer): number {
  const mayHoldReturn = bytes.includes(0x0d);
  let position = 0;
  for (;;) {
    const end = endOfEvent(bytes, position, mayHoldReturn);
    if (end === -1) return position;
    position = end;
  }
}

/** Whether an event without its blank line has data that a blank line would not make whole. */
function isHalf(open: Buffer): boolean {
  if (open.length === 0) return false;
  const texts: string[] = [];
  const splitter = new SseSplitter((data) => texts.push(data));
  splitter.push(open);
  splitter.end();
  const [data] = texts;
  // A comment says nothing; an event that has only its name yet would be an event without data to the SDKs, which break
  // on it.
  if (data === undefined) return !/^\s*:/.test(open.toString('utf8'));
  if (data.trim() === '[DONE]') return false;
  try {
    const value: unknown = parseJson(data);
    // A number cut short is a number still, but no format's event is one.
    return typeof value !== 'object';
  } catch {
    return true;
  }
}

function collect(events: readonly StreamEvent[], position: StreamPosition | undefined) {
  const texts = new Map<number, string>();
  const choices = new Set<number>();
  let start: Extract<StreamEvent, { type: 'start' }> | undefined;
  let reasoning = '';
  let hasToolCall = position?.hasToolCall ?? false;
  let hasOther = false;
  let finishSeen = position?.hasFinish ?? false;
  let usage: Usage | undefined;
  for (const event of events) {
    if ('choice' in event) choices.add(event.choice);
    switch (event.type) {
      case 'start':
        start ??= event;
        usage = event.usage ?? usage;
        break;
      case 'usage':
        usage = event.usage;
        break;
      case 'text':
        texts.set(event.choice, (texts.get(event.choice) ?? '') + event.text);
        break;
      case 'reasoning':
        reasoning += event.text;
        break;
      case 'tool-call':
      case 'tool-arguments':
        hasToolCall = true;
        break;
      case 'refusal':
      case 'media':
        hasOther = true;
        break;
      case 'opaque':
        // These are a provider's own form of reasoning, which also comes as reasoning events.
        hasOther ||= event.value.type !== 'reasoning_details';
        break;
      case 'finish':
        finishSeen = true;
        break;
      case 'reasoning-signature':
      case 'reasoning-redacted':
      case 'citation':
      case 'error':
      case 'end':
        break;
    }
  }
  return {
    id: start?.id,
    model: start?.model,
    createdSeconds: start?.createdSeconds,
    texts,
    text: texts.get(0) ?? '',
    reasoning,
    hasToolCall,
    hasOther,
    finishSeen,
    choices: choices.size,
    usage,
  };
}
