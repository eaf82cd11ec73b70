import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { Framer } from './frame.ts';
import type { Reply, Step, StreamEvent } from './reply.ts';

/** How the sending of one reply ended. */
export interface Sent {
  /** `cut`: the simulator itself broke it off, as its script says. */
  readonly outcome: 'completed' | 'aborted-by-client' | 'cut';
  readonly bytes: number;
  readonly tokens: number;
}

/** Does a reply's steps on the socket, one event a write, until its end or until the client goes. */
export async function send(reply: Reply, response: ServerResponse): Promise<Sent> {
  const sending = new Sending(reply, response);
  return await sending.run();
}

class Broken extends Error {
  readonly how: 'aborted-by-client' | 'cut';

  constructor(how: 'aborted-by-client' | 'cut') {
    super(how);
    this.how = how;
  }
}

class Sending {
  readonly #reply: Reply;
  readonly #response: ServerResponse;
  readonly #socket: Socket | null;
  readonly #gone = new AbortController();
  readonly #framer: Framer;
  #isHeadWritten = false;
  #bytes = 0;
  #tokens = 0;

  constructor(reply: Reply, response: ServerResponse) {
    this.#reply = reply;
    this.#response = response;
    this.#socket = response.socket;
    this.#framer = new Framer(reply.framing);
  }

  async run(): Promise<Sent> {
    const onClose = (): void => this.#gone.abort();
    this.#response.once('close', onClose);
    if (this.#response.destroyed) onClose();
    try {
      for (const step of this.#reply.before) await this.#do(step, false);
      this.#response.writeHead(this.#reply.status, { ...this.#reply.headers });
      this.#isHeadWritten = true;
      if (this.#reply.isStream) this.#response.flushHeaders();
      await this.#sendBody();
      await this.#finish();
      return this.#sent('completed');
    } catch (error) {
      if (error instanceof Broken) return this.#sent(error.how);
      if (this.#gone.signal.aborted) return this.#sent('aborted-by-client');
      throw error;
    } finally {
      this.#response.removeListener('close', onClose);
    }
  }

  async #sendBody(): Promise<void> {
    let held: Step | undefined;
    // One step is held back, because the last event may be framed differently.
    for (const step of this.#reply.body) {
      if (held !== undefined) await this.#do(held, false);
      held = step;
    }
    if (held !== undefined) await this.#do(held, true);
    const closing = this.#reply.isStream ? this.#framer.end() : undefined;
    if (closing !== undefined) await this.#write(closing);
  }

  async #finish(): Promise<void> {
    const { after } = this.#reply;
    await new Promise<void>((resolve, reject) => {
      if (this.#gone.signal.aborted) {
        reject(new Broken('aborted-by-client'));
        return;
      }
      const onAbort = (): void => reject(new Broken('aborted-by-client'));
      this.#gone.signal.addEventListener('abort', onAbort, { once: true });
      this.#response.end(() => {
        this.#gone.signal.removeEventListener('abort', onAbort);
        resolve();
      });
    });
    if (after === 'close') this.#socket?.end();
  }

  async #do(step: Step, isLast: boolean): Promise<void> {
    // A body's silence, or its end, comes after its headers.
    if (this.#isHeadWritten && step.do !== 'event' && step.do !== 'bytes') this.#response.flushHeaders();
    switch (step.do) {
      case 'event':
        await this.#sendEvent(step.event, isLast);
        return;
      case 'bytes':
        await this.#write(typeof step.bytes === 'string' ? Buffer.from(step.bytes) : step.bytes);
        this.#tokens += step.tokens ?? 0;
        return;
      case 'raw':
        this.#socket?.write(step.bytes);
        this.#bytes += step.bytes.length;
        await nextTurn();
        return;
      case 'wait':
        if (step.ms > 0) await wait(step.ms, undefined, { signal: this.#gone.signal });
        return;
      case 'hang':
        await this.#untilGone();
        return;
      case 'reset':
        // What was written before must arrive first: a reset drops what is still in the send buffer.
        await this.#flush();
        this.#socket?.resetAndDestroy();
        throw new Broken('cut');
      case 'fin':
        await this.#flush();
        this.#socket?.end();
        this.#socket?.destroySoon();
        throw new Broken('cut');
    }
  }

  async #sendEvent(event: StreamEvent, isLast: boolean): Promise<void> {
    for (const piece of this.#framer.pieces(this.#framer.frame(event, isLast))) await this.#write(piece);
    this.#tokens += event.tokens;
  }

  async #write(bytes: Buffer): Promise<void> {
    if (this.#gone.signal.aborted) throw new Broken('aborted-by-client');
    this.#bytes += bytes.length;
    if (!this.#response.write(bytes)) await this.#drained();
    // The next event goes out in a turn of its own, so that it is a segment of its own.
    if (this.#reply.isStream) await nextTurn();
  }

  async #drained(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        this.#response.removeListener('drain', onDrain);
        reject(new Broken('aborted-by-client'));
      };
      const onDrain = (): void => {
        this.#gone.signal.removeEventListener('abort', onAbort);
        resolve();
      };
      this.#response.once('drain', onDrain);
      this.#gone.signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  async #flush(): Promise<void> {
    if (!this.#response.headersSent && !this.#reply.isStream && this.#bytes === 0) return;
    // Time for the client's side of the loopback to read what came, as it would over a network.
    await wait(20, undefined, { signal: this.#gone.signal });
  }

  async #untilGone(): Promise<void> {
    const { signal } = this.#gone;
    if (!signal.aborted)
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    throw new Broken('aborted-by-client');
  }

  #sent(outcome: Sent['outcome']): Sent {
    return { outcome, bytes: this.#bytes, tokens: this.#tokens };
  }
}
