import { asGatewayError, type GatewayError } from '../../core/errors.ts';
import type { Client } from '../../exchange/client.ts';
import { bufferOf, ClientWrapper } from '../../exchange/client-wrapper.ts';
import { clientErrorOf } from '../../formats/client-error.ts';
import { formatParts } from '../../formats/index.ts';
import type { FormatId } from '../../formats/neutral/conversation.ts';
import { StreamText, viewOf } from './answer-text.ts';

const LINE_FEED = 0x0a;
const OK = 200;

interface Piece {
  readonly bytes: Buffer;
  /** How many characters had been written when all words of the piece were known; undefined: an event of it is not complete. */
  end: number | undefined;
}

/** Passes an answer on as it comes, but for its last characters, and ends it where a check refuses it. */
export class PassageClient extends ClientWrapper {
  readonly #format: FormatId;
  readonly #heldCharacters: number;
  readonly #check: (passage: string) => void;
  readonly #text: StreamText;
  readonly #pieces: Piece[] = [];
  #passage = '';
  #characters = 0;
  #head: { readonly status: number; readonly headers: readonly string[] } | undefined;
  #onGone: (() => void) | undefined;
  #refusal: GatewayError | undefined;

  constructor(client: Client, format: FormatId, heldCharacters: number, check: (passage: string) => void) {
    super(client);
    this.#format = format;
    this.#heldCharacters = heldCharacters;
    this.#check = check;
    this.#text = new StreamText(format);
  }

  /** Why the answer was refused. */
  get refusal(): GatewayError | undefined {
    return this.#refusal;
  }

  /** The rest of a refused answer is of no use: the call to the provider ends as if the client had left. */
  override get isGone(): boolean {
    return this.#refusal !== undefined || this.client.isGone;
  }

  override get hasStarted(): boolean {
    return this.#head !== undefined || this.client.hasStarted;
  }

  override sendWhole(status: number, headers: readonly string[], body: Uint8Array): void {
    const bytes = bufferOf(body);
    if (status === OK && !this.#passes(viewOf(this.#format, bytes, false).text)) return;
    this.client.sendWhole(status, headers, bytes);
  }

  override startStream(status: number, headers: readonly string[]): void {
    // Its head leaves with the first piece that may go, so that a refusal before is an error like any other.
    this.#head = { status, headers };
  }

  override write(chunk: Uint8Array | string): boolean {
    if (this.#refusal !== undefined) return true;
    const bytes = bufferOf(chunk);
    const piece: Piece = { bytes, end: undefined };
    this.#pieces.push(piece);
    const words = this.#text.push(bytes);
    this.#characters += words.length;
    if (endsEvent(bytes)) for (const each of this.#pieces) each.end ??= this.#characters;
    if (words !== '' && !this.#passes(this.#passage + words)) return true;
    this.#passage = this.#heldCharacters === 0 ? '' : (this.#passage + words).slice(-this.#heldCharacters);
    return this.#release(this.#characters - this.#heldCharacters);
  }

  override endStream(chunk?: Uint8Array | string): void {
    if (chunk !== undefined && chunk.length > 0) this.write(chunk);
    if (this.#refusal !== undefined) return;
    for (const piece of this.#pieces) piece.end ??= this.#characters;
    this.#release(Number.POSITIVE_INFINITY);
    this.#start();
    this.client.endStream();
  }

  override onGone(callback: (() => void) | undefined): void {
    this.#onGone = callback;
    this.client.onGone(callback);
  }

  #release(upTo: number): boolean {
    let hasRoom = true;
    for (let [piece] = this.#pieces; piece?.end !== undefined && piece.end <= upTo; [piece] = this.#pieces) {
      this.#start();
      hasRoom = this.client.write(piece.bytes);
      this.#pieces.shift();
    }
    return hasRoom;
  }

  #start(): void {
    if (this.client.hasStarted || this.#head === undefined) return;
    this.client.startStream(this.#head.status, this.#head.headers);
  }

  #passes(passage: string): boolean {
    try {
      this.#check(passage);
      return true;
    } catch (thrown) {
      this.#refuse(asGatewayError(thrown));
      return false;
    }
  }

  #refuse(refusal: GatewayError): void {
    this.#refusal = refusal;
    this.#pieces.length = 0;
    if (this.client.hasStarted && !this.client.isGone) {
      this.client.endStream(formatParts(this.#format).openFailureWriter().fail(clientErrorOf(refusal)));
    }
    // Not at once: the call is just handing us a piece.
    setImmediate(() => this.#onGone?.());
  }
}

function endsEvent(bytes: Buffer): boolean {
  const { length } = bytes;
  if (bytes[length - 1] !== LINE_FEED) return false;
  return bytes[length - 2] === LINE_FEED || bytes.subarray(-4).toString('latin1') === '\r\n\r\n';
}
