/** Words and turns of phrase that a reader stumbles over, each with what to write in their place. */

/** One entry of the list. */
interface AvoidedWord {
  readonly pattern: RegExp;
  /** What to write. */
  readonly instead: string;
}

/** The only list. An entry is added when a reader stumbles, and taken off when it flags good English. */
export const AVOIDED_WORDS: readonly AvoidedWord[] = [
  {
    pattern: /\b(?:is|are|was|were|be|been|being|gets?|got) told\b/i,
    instead: 'name who does what: "reports", "gets", "learns", "sends"',
  },
  { pattern: /\btold apart\b/i, instead: '"distinguished"' },
  { pattern: /(?<!-)\bnobody\b/i, instead: 'name who: "no caller", "no instance", "no provider", "no test"' },
  { pattern: /\bwho(?:so|m)?ever\b/i, instead: 'name who: "the caller that", "the instance that"' },
  { pattern: /\banew\b/i, instead: '"again", "resets", "rebuilt"' },
  {
    pattern: /(?<!\bthere (?:should |can |may |will )?)\b(?:is|are|was|were|be) none\b/i,
    instead: '"there is no …", "is not a …", "returns undefined if …"',
  },
  { pattern: /\bstands? (?:for|by) (?:itself|themselves)\b/i, instead: '"is returned as it is", "is enough alone"' },
  { pattern: /\bwithout a word\b/i, instead: '"silently"' },
  {
    pattern: /(?<!\b(?:right|straight|throw|throws|thrown|run|ran|trip) )\baway\b(?! from\b)/i,
    instead: '"unavailable", "removed", "absent"',
  },
  { pattern: /\ball the same\b/i, instead: '"nevertheless", "still"' },
  { pattern: /\b(?:hence|whence|thereof|whereof|hitherto|lest|hereafter)\b/i, instead: 'an ordinary conjunction' },
  { pattern: /\bmend(?:s|ed|ing)?\b/i, instead: '"fix", "restore"' },
  { pattern: /\breckon(?:s|ed|ing)?\b/i, instead: '"estimate", "count"' },
  { pattern: /\bsaid of\b/i, instead: '"what X says about Y"' },
  { pattern: /\bc[ao]mes? of (?:it|this|that|a)\b/i, instead: '"the result of"' },
  { pattern: /\bof ours\b/i, instead: '"of this project", "in src"' },
  { pattern: /\bhowever (?:busy|long|many|much|often)\b/i, instead: '"for any number of", "no matter how"' },
];
