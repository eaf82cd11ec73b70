/** A name or value from outside as a header can carry it: a character that no header may hold would end the answer. */
export function headerText(text: string): string {
  // Nearly every text is one already, and looking is cheaper than replacing.
  return text.length <= LONGEST && !ODD.test(text) ? text : text.replace(ODD_ONES, '?').slice(0, LONGEST);
}

const LONGEST = 1_000;
const ODD = /[^\x20-\x7e]/;
const ODD_ONES = /[^\x20-\x7e]/g;
