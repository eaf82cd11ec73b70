/** The words of an answer, read in the client's own format. */

import { isJsonObject } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import type { AnswerView } from '../../exchange/slots.ts';
import { type FormatParts, formatParts } from '../../formats/index.ts';
import type { FormatId, StreamEvent } from '../../formats/neutral/conversation.ts';
import { eventsOf } from '../../formats/neutral/events-of.ts';
import { SseSplitter } from '../../wire/sse.ts';

/** An answer as guards see it. */
export function viewOf(format: FormatId, body: Buffer, isStream: boolean): AnswerView {
  return { text: textOfAnswer(format, body, isStream), body, isStream };
}

/** The words of an answer; of one that is not a conversation, the whole body. */
export function textOfAnswer(format: FormatId, body: Buffer, isStream: boolean): string {
  return isStream ? textOfStream(format, body) : textOfWhole(formatParts(format), body);
}

/** Reads the words of a stream as it comes. What is not an event of the format has no words. */
export class StreamText {
  readonly #splitter: SseSplitter;
  readonly #reader: ReturnType<FormatParts['openStreamReader']>;
  readonly #emit = (event: StreamEvent): void => {
    this.#new += wordsOf(event);
  };
  #new = '';

  constructor(format: FormatId) {
    this.#reader = formatParts(format).openStreamReader();
    this.#splitter = new SseSplitter((data, eventName) => {
      try {
        this.#reader.read(data, eventName, this.#emit);
      } catch {
        // An event out of its context: the client still gets its bytes.
      }
    });
  }

  /** The words that these bytes complete. */
  push(bytes: Buffer): string {
    this.#splitter.push(bytes);
    const words = this.#new;
    this.#new = '';
    return words;
  }
}

function textOfStream(format: FormatId, body: Buffer): string {
  return new StreamText(format).push(body);
}

function textOfWhole({ conversation }: FormatParts, body: Buffer): string {
  const text = body.toString('utf8');
  try {
    const value = parseJson(text);
    if (conversation === undefined || !isJsonObject(value)) return text;
    let words = '';
    for (const event of eventsOf(conversation.readResponse(value))) words += wordsOf(event);
    return words;
  } catch {
    return text;
  }
}

function wordsOf(event: StreamEvent): string {
  switch (event.type) {
    case 'text':
    case 'reasoning':
    case 'refusal':
    case 'tool-arguments':
      return event.text;
    default:
      return '';
  }
}
