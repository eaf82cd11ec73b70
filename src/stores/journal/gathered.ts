/**
 * Lines that are written together: those of one turn of the event loop, or what there is when a line must be on the disk at once. They
 * stay in the order in which they came.
 */
import type { Place, Segments } from './segments.ts';

/** More are written before the turn is over. */
const MOST_CHARACTERS = 32_768;

/** What becomes of a line: it is on the disk at this place, or (undefined) the disk did not take it. */
type OnWritten = (place: Place | undefined) => void;

interface Line {
  readonly text: string;
  readonly onWritten: OnWritten | undefined;
}

/** The end of a journal that is not written yet. */
export class Gathered {
  readonly #segments: Segments;
  readonly #onTrouble: (error: unknown) => void;
  #lines: Line[] = [];
  #characters = 0;
  #isScheduled = false;
  readonly #writeLater = (): void => {
    this.#isScheduled = false;
    this.write();
  };
  readonly #writeAtExit = (): void => this.write();

  constructor(segments: Segments, onTrouble: (error: unknown) => void) {
    this.#segments = segments;
    this.#onTrouble = onTrouble;
    // A process that ends by itself ends with whole books.
    process.on('exit', this.#writeAtExit);
  }

  /** Adds a line, which is written when this turn of the event loop is over, or earlier. */
  add(text: string, onWritten?: OnWritten): void {
    this.#lines.push({ text, onWritten });
    this.#characters += text.length;
    if (this.#characters > MOST_CHARACTERS) this.write();
    else if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(this.#writeLater);
    }
  }

  /** Adds a line and writes all there are, now; returns where it is, or undefined if the disk did not take it. */
  addNow(text: string): Place | undefined {
    let placed: Place | undefined;
    this.#lines.push({ text, onWritten: (place) => (placed = place) });
    this.write();
    return placed;
  }

  /** Writes all there are. */
  write(): void {
    const lines = this.#lines;
    if (lines.length === 0) return;
    this.#lines = [];
    this.#characters = 0;
    const places = this.#tryAll(lines);
    for (let index = 0; index < lines.length; index++) lines[index]?.onWritten?.(places[index]);
  }

  /** The last lines are written, and this is used no more. */
  close(): void {
    this.write();
    process.off('exit', this.#writeAtExit);
  }

  #tryAll(lines: readonly Line[]): readonly (Place | undefined)[] {
    try {
      return this.#segments.addAll(lines.map(({ text }) => text));
    } catch (error) {
      // There may be room for some of them.
      if (lines.length > 1) return lines.map((line) => this.#tryAll([line])[0]);
      this.#onTrouble(error);
      return NOWHERE;
    }
  }
}

const NOWHERE: readonly undefined[] = [undefined];
