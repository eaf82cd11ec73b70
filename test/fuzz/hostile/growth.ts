/** How the time of a reader grows with the length of what it reads. */
import { GatewayError } from '../../../src/core/errors.ts';
import { FormatError } from '../../../src/formats/format.ts';
import { EventTooLarge } from '../../../src/wire/sse.ts';

/** A reader, and the bytes that it gets for a length. */
export interface Growing {
  /** Makes the input; not measured. */
  readonly make: (bytes: number) => Buffer;
  readonly read: (input: Buffer) => unknown;
}

const MEGABYTE = 1_048_576;
/** Four times the text may cost twice as much for each byte: caches, collections and the compiler have their share. */
const MOST_GROWTH = 8;
const SLACK_MS = 200;
/** No text may cost more than this for each megabyte, however evenly it grows. */
const MOST_MS_FOR_A_MEGABYTE = 1_500;
/** Lengths that show what is quadratic before a megabyte of it takes minutes. */
const FIRST_BYTES = [16_384, 131_072];
const TRIES = 3;

/** What is wrong with the growth; undefined if nothing is. */
export async function growthFault(
  growing: Growing,
  mostBytes = 4 * MEGABYTE,
  mostMs = MOST_MS_FOR_A_MEGABYTE,
): Promise<string | undefined> {
  for (const bytes of FIRST_BYTES.filter((each) => each < mostBytes)) {
    const fault = await tooDear(growing, bytes, mostMs);
    if (fault !== undefined) return fault;
  }
  const [small, large] = [growing.make(mostBytes / 4), growing.make(mostBytes)];
  let [smallMs, largeMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    largeMs = Math.min(largeMs, await cpuMsOf(growing, large));
    // Then the law holds whatever the small one takes.
    if (largeMs <= SLACK_MS) return undefined;
    smallMs = Math.min(smallMs, await cpuMsOf(growing, small));
    const isEven = largeMs <= MOST_GROWTH * smallMs + SLACK_MS;
    if (isEven && largeMs <= SLACK_MS + (mostMs * mostBytes) / MEGABYTE) return undefined;
  }
  return `${mostBytes / 4} bytes took ${smallMs.toFixed(0)} ms of CPU, ${mostBytes} took ${largeMs.toFixed(0)} ms`;
}

async function tooDear(growing: Growing, bytes: number, mostMs: number): Promise<string | undefined> {
  const input = growing.make(bytes);
  const most = SLACK_MS + (2 * mostMs * bytes) / MEGABYTE;
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < TRIES && least > most; attempt += 1)
    least = Math.min(least, await cpuMsOf(growing, input));
  return least > most ? `${bytes} bytes took ${least.toFixed(0)} ms of CPU` : undefined;
}

async function cpuMsOf({ read }: Growing, input: Buffer): Promise<number> {
  // Of the whole process: what is unpacked or counted in another thread costs as much.
  const before = process.cpuUsage();
  try {
    await read(input);
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function isRefusal(error: unknown): boolean {
  return [GatewayError, FormatError, EventTooLarge, SyntaxError].some((refusal) => error instanceof refusal);
}
