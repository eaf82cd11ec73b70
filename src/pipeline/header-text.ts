/** A name or value from outside as a header can carry it: a character that no header may hold would end the answer. */
export function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 1_000);
}
