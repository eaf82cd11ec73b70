/** Counts what an answer holds that has a price of its own: only answers of models with such prices are read for it. */
import type { JsonValue } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import { imageSize } from '../../costs/media/image-size.ts';
import { answerText } from '../../formats/answer-text.ts';
import { type FormatParts, formatParts } from '../../formats/index.ts';
import type { FormatId, MediaSource, StreamEvent, Written } from '../../formats/neutral/conversation.ts';
import { eventsOf } from '../../formats/neutral/events-of.ts';
import { SseSplitter } from '../../wire/sse.ts';

const WHITE_SPACE = /\s/;
/** Base64 of the beginning of an image, in which its size stands. */
const HEAD_CHARACTERS = 262_144;

/** What one answer holds, in its provider's format. */
export class AnswerTally implements Written {
  readonly #format: FormatParts;
  readonly #images: (number | undefined)[] = [];
  readonly #events: SseSplitter;
  #characters = 0;

  constructor(format: FormatId) {
    this.#format = formatParts(format);
    const reader = this.#format.openStreamReader();
    const take = (event: StreamEvent): void => this.#take(event);
    this.#events = new SseSplitter((data, eventName) => {
      try {
        reader.read(data, eventName, take);
      } catch {
        // The lane that reads the same event says what is wrong with it.
      }
    });
  }

  get characters(): number {
    return this.#characters;
  }

  get images(): readonly (number | undefined)[] {
    return this.#images;
  }

  takeWhole(body: Buffer): void {
    let value: JsonValue;
    try {
      value = parseJson(body.toString('utf8'));
      const { conversation } = this.#format;
      if (conversation !== undefined && typeof value === 'object' && value !== null && !Array.isArray(value)) {
        for (const event of eventsOf(conversation.readResponse(value))) this.#take(event);
        return;
      }
    } catch {
      // What cannot be read is not an answer: the lane says so.
      return;
    }
    this.#addText(answerText(value));
  }

  takeStreamed(chunk: Buffer): void {
    try {
      this.#events.push(chunk);
    } catch {
      // An event that is too large to be read holds an image.
      this.#images.push(undefined);
    }
  }

  #take(event: StreamEvent): void {
    switch (event.type) {
      case 'text':
      case 'reasoning':
      case 'refusal':
      case 'tool-arguments':
        this.#addText(event.text);
        return;
      case 'media':
        if (event.part.type === 'image') this.#images.push(pixelsOf(event.part.source));
    }
  }

  /** Characters as Google bills them: code points without white space (https://cloud.google.com/vertex-ai/generative-ai/pricing, 2026-11). */
  #addText(text: string): void {
    this.#characters += billedCharacters(text);
  }
}

/** How many characters of a text are billed. */
export function billedCharacters(text: string): number {
  let count = 0;
  for (const character of text) if (!WHITE_SPACE.test(character)) count += 1;
  return count;
}

function pixelsOf(source: MediaSource): number | undefined {
  const data = source.kind === 'data' ? source.data : source.kind === 'url' ? dataOfAddress(source.url) : undefined;
  if (data === undefined) return undefined;
  const size = imageSize(Buffer.from(data.slice(0, HEAD_CHARACTERS), 'base64'));
  return size === undefined ? undefined : size.width * size.height;
}

function dataOfAddress(url: string): string | undefined {
  const comma = url.startsWith('data:') ? url.indexOf(',') : -1;
  return comma === -1 ? undefined : url.slice(comma + 1, comma + 1 + HEAD_CHARACTERS);
}
