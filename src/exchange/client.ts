/** The client's side of a request as the pipeline sees it; `server/` implements it over the HTTP framework. */
export interface Client {
  readonly method: string;
  /** Header names are in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Names and values in turn, as they were received. */
  readonly rawHeaders: readonly string[];
  /** What follows `?` in the address; undefined if nothing does. */
  readonly query: string | undefined;
  readonly isGone: boolean;
  readonly hasStarted: boolean;
  /**
   * Reads the whole body, which counts as under way for its owner until the request is over. Throws `overloaded`,
   * `body_too_large`, `body_timeout`, `unsupported_media_type` or `client_gone`.
   */
  readBody(maxBytes: number, owner: string): Promise<Buffer>;
  /**
   * Counts bytes of an answer that is kept until it is whole, until the client has it: they keep new requests out. Returns false if
   * there is no room for such an answer.
   */
  noteAnswer(bytes: number): boolean;
  /**
   * Asks for a turn to parse and write so many bytes, so that large ones are worked on one after the other. Undefined if the work may
   * begin now.
   */
  turnFor(bytes: number): Promise<void> | undefined;
  /** Sends a whole answer. `headers` holds names and values in turn. */
  sendWhole(status: number, headers: readonly string[], body: Uint8Array): void;
  startStream(status: number, headers: readonly string[]): void;
  /** False asks to pause until the `onDrain` callback. */
  write(chunk: Uint8Array | string): boolean;
  endStream(chunk?: Uint8Array | string): void;
  /** Breaks the connection so that no client can take the answer for whole. */
  breakOff(): void;
  /** At most one callback; a later call replaces it. */
  onDrain(callback: () => void): void;
  /** Called when the client hangs up before the answer ended. At most one callback; `undefined` removes it. */
  onGone(callback: (() => void) | undefined): void;
}
