import type { GatewayError } from '../../core/errors.ts';
import { clientErrorOf } from '../../formats/client-error.ts';
import type { StreamCheck } from '../../formats/format.ts';
import type { FormatParts } from '../../formats/index.ts';
import type { StreamEvent, Usage } from '../../formats/neutral/conversation.ts';
import { describeEnd, isTrueEnd, saysSomething } from '../../formats/neutral/no-answer.ts';
import type { KnownSecrets } from '../../providers/known-secrets.ts';
import { BrokenEvents } from '../../wire/broken-events.ts';
import { type SseEvent, StreamEnds } from '../../wire/ends.ts';
import { asBuffer } from '../../wire/envelope.ts';
import { SseSplitter } from '../../wire/sse.ts';
import { UnwantedNull } from '../../wire/unwanted-null.ts';
import { UsageFrameFilter } from '../../wire/unwanted-usage.ts';
import { AnswerProblem, malformed, type ReportedProblem, reportedProblem } from '../answer-problem.ts';
import type { StreamAnswer, StreamEnd } from '../stream-answer.ts';
import { usageOfModel } from '../usage-of-model.ts';
import type { ModelStamp } from './model-stamp.ts';
import { SecretWatch } from './secret-watch.ts';
import { StreamOpening } from './stream-opening.ts';

const FIRST_EVENTS_READ = 2;
const LAST_EVENTS_READ = 6;

/** How a stream is relayed. */
interface RelayedStreamOptions {
  readonly dropsUsageFrame: boolean;
  readonly secrets: KnownSecrets;
  /** From what ids are made for tool calls that have none; undefined if the provider's calls are well written. */
  readonly callSeed: string | undefined;
  /** Puts the client's name for the model into the stream. */
  readonly stamp: ModelStamp;
}

/** One relayed stream. */
export class RelayedStream implements StreamAnswer {
  readonly #format: FormatParts;
  readonly #write: (bytes: Uint8Array | string) => void;
  readonly #filter: UsageFrameFilter | undefined;
  readonly #unwanted: UnwantedNull | undefined;
  readonly #watch: SecretWatch;
  readonly #stamp: ModelStamp;
  readonly #check: StreamCheck | undefined;
  readonly #ends: StreamEnds;
  readonly #broken = new BrokenEvents();
  #opening: StreamOpening | undefined;

  constructor(
    format: FormatParts,
    write: (bytes: Uint8Array | string) => void,
    { dropsUsageFrame, secrets, stamp, callSeed }: RelayedStreamOptions,
  ) {
    this.#format = format;
    this.#ends = new StreamEnds(undefined, undefined, format.conversation?.repeatsAnswer);
    this.#write = write;
    this.#watch = new SecretWatch(format, secrets);
    this.#stamp = stamp;
    this.#check = format.conversation?.openStreamCheck?.(callSeed);
    this.#filter = dropsUsageFrame ? new UsageFrameFilter() : undefined;
    this.#unwanted = dropsUsageFrame ? new UnwantedNull('usage') : undefined;
    this.#opening = new StreamOpening(format);
  }

  data(chunk: Buffer): void {
    const broken = this.#broken.find(chunk);
    if (broken === -1) {
      this.#pass(chunk);
      return;
    }
    if (broken > 0) this.#pass(chunk.subarray(0, broken));
    throw new AnswerProblem({ kind: 'malformed', detail: 'an event of the stream is broken JSON' });
  }

  #pass(chunk: Buffer): void {
    this.#ends.push(chunk);
    const events = this.#watch.push(this.#filter === undefined ? chunk : this.#filter.push(chunk));
    const bytes = this.#stamped(this.#checked(events));
    if (this.#opening === undefined) {
      if (bytes.length > 0) this.#write(bytes);
      if (this.#watch.found !== undefined) throw new AnswerProblem(this.#watch.found);
      this.#refuseBroken();
      return;
    }
    this.#refuseBroken();
    this.#opening.hold(bytes);
    if (!this.#opening.read(chunk)) return;
    const held = this.#opening.held();
    this.#opening = undefined;
    if (held.length > 0) this.#write(held);
    if (this.#watch.found !== undefined) throw new AnswerProblem(this.#watch.found);
  }

  #checked(events: Uint8Array): Uint8Array {
    return this.#check === undefined || events.length === 0 ? events : this.#check.push(asBuffer(events));
  }

  #stamped(events: Uint8Array): Uint8Array {
    const stamped = this.#stamp.stamp(events);
    return this.#unwanted === undefined ? stamped : this.#unwanted.strip(asBuffer(stamped));
  }

  #refuseBroken(): void {
    const problem = this.#check?.problem;
    if (problem !== undefined) throw new AnswerProblem(malformed(problem));
  }

  isComplete(): boolean {
    return this.#readEnds().hasEndMark;
  }

  hasSaidAll(): boolean {
    return this.#readEnds().isWhole;
  }

  end(): StreamEnd {
    const unsent = Buffer.concat([this.#watch.push(this.#filter?.end() ?? EMPTY), this.#watch.end()]);
    const checked = Buffer.concat([this.#checked(readable(unsent)), this.#check?.end() ?? EMPTY]);
    const last = asBuffer(this.#stamped(checked));
    // A stream without text is still an answer, if it says so at its end.
    const rest = this.#opening === undefined ? last : Buffer.concat([this.#opening.held(), last]);
    const wasToldNothing = this.#opening !== undefined;
    this.#opening = undefined;
    const { found } = this.#watch;
    if (found !== undefined) {
      return { isWhole: false, last: wasToldNothing ? EMPTY : rest, problem: found, wasToldClient: false };
    }
    const broken = this.#check?.problem;
    if (broken !== undefined) {
      return { isWhole: false, last: wasToldNothing ? EMPTY : rest, problem: malformed(broken), wasToldClient: false };
    }
    const seen = this.#readEnds();
    if (seen.reported !== undefined) {
      const reported = { isWhole: false, problem: seen.reported } as const;
      return { ...reported, last: wasToldNothing ? EMPTY : rest, wasToldClient: !wasToldNothing };
    }
    if (wasToldNothing && !this.#isAnswer()) {
      const detail = describeEnd(undefined);
      return { isWhole: false, last: EMPTY, problem: { kind: 'empty', detail }, wasToldClient: false };
    }
    if (!seen.isWhole) {
      return { isWhole: false, last: wasToldNothing ? EMPTY : rest, problem: { kind: 'cut' }, wasToldClient: false };
    }
    if (seen.hasEndMark) return { isWhole: true, last: rest };
    // The answer is whole but its end mark never came: without it, strict clients would report a broken stream.
    const endMark = Buffer.from(rest.length === 0 ? this.#format.endMark : `\n\n${this.#format.endMark}`);
    return { isWhole: true, last: Buffer.concat([rest, endMark]) };
  }

  fail(error: GatewayError): string {
    // What is still held back is half an event; the blank line ends the half that may have been sent.
    return `\n\n${this.#format.openFailureWriter().fail(clientErrorOf(error))}`;
  }

  usage(): Usage | undefined {
    const { usage, model } = this.#readEnds();
    return usageOfModel(usage, model);
  }

  sample(): { text: string; factor: number } {
    let text = '';
    let sampledBytes = 0;
    const reader = this.#format.openStreamReader();
    const emit = (event: StreamEvent): void => {
      text += textOf(event);
    };
    for (const event of this.#ends.firstEvents()) {
      sampledBytes += event.data.length + 8;
      readSafely(reader, event, emit);
    }
    const { totalBytes } = this.#ends;
    return { text, factor: sampledBytes === 0 ? 1 : Math.max(1, totalBytes / Math.max(sampledBytes, 1)) };
  }

  /** Whether a stream of which nothing was sent yet says something, or was ended truly. */
  #isAnswer(): boolean {
    if (this.#ends.totalBytes > SHORT_STREAM_BYTES) return true;
    let isAnswer = false;
    const reader = this.#format.openStreamReader();
    const emit = (event: StreamEvent): void => {
      isAnswer ||= saysSomething(event) || (event.type === 'finish' && isTrueEnd(event.finish));
    };
    for (const event of this.#ends.firstEvents()) readSafely(reader, event, emit);
    reader.close(emit);
    return isAnswer;
  }

  #readEnds(): Reading {
    const first: SseEvent[] = [];
    for (const event of this.#ends.firstEvents()) {
      first.push(event);
      if (first.length === FIRST_EVENTS_READ) break;
    }
    const last: SseEvent[] = [];
    for (const event of this.#ends.lastEvents()) {
      last.push(event);
      if (last.length === LAST_EVENTS_READ) break;
    }
    last.reverse();
    const isShort = this.#ends.totalBytes <= SHORT_STREAM_BYTES;
    return this.#read(isShort ? [...this.#ends.firstEvents()] : [...first, ...last]);
  }

  #read(events: readonly SseEvent[]): Reading {
    const reading: Reading = {
      usage: undefined,
      model: undefined,
      isWhole: false,
      hasEndMark: false,
      reported: undefined,
    };
    const reader = this.#format.openStreamReader();
    const emit = (event: StreamEvent): void => {
      if (event.type === 'start') reading.model = event.model;
      if (event.type === 'usage' || event.type === 'start') reading.usage = event.usage ?? reading.usage;
      else if (event.type === 'end') {
        reading.isWhole = true;
        reading.hasEndMark = true;
      } else if (event.type === 'error') {
        reading.reported = reportedProblem(event.error);
      }
    };
    for (const event of events) readSafely(reader, event, emit);
    if (!reading.isWhole) {
      reader.close((event) => {
        if (event.type === 'end') reading.isWhole = true;
        else emit(event);
      });
    }
    return reading;
  }
}

/** Up to here a stream is read as a whole at its end: cheaper than being clever, and exact. */
const SHORT_STREAM_BYTES = 4_096;
const EMPTY = Buffer.alloc(0);

interface Reading {
  usage: Usage | undefined;
  model: string | undefined;
  isWhole: boolean;
  hasEndMark: boolean;
  reported: ReportedProblem | undefined;
}

/** An event that lacks its blank line but nothing else; a half one would only break the client's reader. */
function readable(rest: Buffer): Buffer {
  const [event] = rest.length === 0 ? [] : eventsIn(Buffer.concat([rest, Buffer.from('\n\n')]));
  if (event === undefined) return EMPTY;
  try {
    if (event.data.trim() !== '[DONE]') JSON.parse(event.data);
    return rest;
  } catch {
    return EMPTY;
  }
}

function readSafely(
  reader: ReturnType<FormatParts['openStreamReader']>,
  event: SseEvent,
  emit: (event: StreamEvent) => void,
): void {
  try {
    reader.read(event.data, event.eventName, emit);
  } catch {
    // The bytes went to the client as they came; an event out of its context, or a broken one, only tells us nothing here.
  }
}

function eventsIn(bytes: Buffer): SseEvent[] {
  const events: SseEvent[] = [];
  const splitter = new SseSplitter((data, eventName) => events.push({ data, eventName }));
  splitter.push(bytes);
  return events;
}

function textOf(event: StreamEvent): string {
  switch (event.type) {
    case 'text':
    case 'reasoning':
    case 'refusal':
    case 'tool-arguments':
      return event.text;
    case 'tool-call':
      return event.name;
    default:
      return '';
  }
}
