/** Small texts, by names of letters, digits, `-` and `_`, that outlive the process. */
export interface NoteStore {
  names(): readonly string[];
  /** Undefined if there is none. */
  read(name: string): string | undefined;
  /** When it returns, the text is there also after a crash of the process. Throws if that cannot be. */
  write(name: string, text: string): void;
  remove(name: string): void;
}
