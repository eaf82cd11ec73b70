/** What a fuzz target is. */

/** A reader of bytes from outside, and what must hold for every input. */
export interface FuzzTarget {
  readonly name: string;
  /** Valid inputs that mutations begin with. */
  readonly seeds: readonly string[];
  /** Pieces of text that mean something to this reader. */
  readonly words: readonly string[];
  /** Reads one input; throws if a property does not hold. */
  run(input: Buffer): void | Promise<void>;
}

/** A refusal that a reader may throw; everything else that it throws is a fault. */
type ErrorClass = abstract new (...parameters: never[]) => Error;

/** The result of a call, or undefined if it threw one of these refusals. */
export function unlessRefused<Result>(call: () => Result, ...refusals: readonly ErrorClass[]): Result | undefined {
  try {
    return call();
  } catch (error) {
    if (refusals.some((refusal) => error instanceof refusal)) return undefined;
    throw error;
  }
}

/** The parsed text, or undefined if it is not JSON. */
export function parsedJson(text: string): unknown {
  return unlessRefused(() => JSON.parse(text) as unknown, SyntaxError);
}
