import { printableLines } from '../core/printable.ts';

/** Writes to standard output, with nothing in it that a terminal would obey: names in it were chosen by clients. */
export function writeOut(text: string): void {
  process.stdout.write(printableLines(text));
}

/** The same to standard error. */
export function writeError(text: string): void {
  process.stderr.write(printableLines(text));
}
