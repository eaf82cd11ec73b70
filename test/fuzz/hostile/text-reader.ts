/** One reader of text. */
export interface TextReader {
  readonly name: string;
  /** What it looks for: of each, a text of near misses is made. */
  readonly marks: readonly string[];
  /** The kinds of text that differ for it; undefined: all. */
  readonly kinds?: readonly string[];
  /** Limits elsewhere give it less than 4 MB: headers and addresses have 16 KB, management bodies 1 MB, names 512 characters, messages of providers 64 KB. */
  readonly mostBytes?: number;
  /** How often its frame repeats the text, if more than once: its bytes are 1 and 4 MB with all of them. */
  readonly copies?: number;
  /** What a megabyte may cost, if more than is usual. */
  readonly mostMs?: number;
  /** The bytes that it reads if a client, a provider or a file says this. */
  readonly frame?: (text: string, json: string) => Buffer;
  readonly read: (input: Buffer) => unknown;
}
