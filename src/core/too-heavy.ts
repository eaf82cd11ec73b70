/** Texts that take so long to parse that it is not done on the thread that serves everybody. */
export const HEAVY_BYTES = 262_144;

/** Thrown where a text would have to be parsed that is larger than may be parsed here. Never an answer to a client. */
export class TooHeavy extends Error {
  override readonly name = 'TooHeavy';
  constructor(bytes: number) {
    super(`${bytes} bytes would have to be parsed on a thread that has no time for it`);
  }
}

/** Throws a `TooHeavy` if a text is larger than may be parsed here; without a limit anything may be. */
export function refuseHeavy(bytes: number, mostBytes: number | undefined): void {
  if (mostBytes !== undefined && bytes > mostBytes) throw new TooHeavy(bytes);
}
