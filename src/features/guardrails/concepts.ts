/** Words by what they mean for a guardrail: pairs of concepts are features of its model. */

/** The concepts of a guardrail, numbered from 1. */
export interface Concepts {
  /** The concept of a whole word. */
  readonly ofWord: ReadonlyMap<string, number>;
  /** Parts of texts in languages without spaces between words, by their first character. */
  readonly parts: ReadonlyMap<string, readonly (readonly [part: string, concept: number])[]>;
}

/** Makes concepts of lists: for each name its words, and for each name the parts of texts that have it. */
export function conceptsOf(
  words: Readonly<Record<string, string>>,
  parts: Readonly<Record<string, string>> = {},
): Concepts {
  const names = [...new Set([...Object.keys(words), ...Object.keys(parts)])];
  const listed = (lists: Readonly<Record<string, string>>): (readonly [string, number])[] =>
    Object.entries(lists).flatMap(([name, list]) =>
      list.split(' ').map((word) => [word, names.indexOf(name) + 1] as const),
    );
  return {
    ofWord: new Map(listed(words)),
    parts: Map.groupBy(
      listed(parts).filter(([part]) => part.charCodeAt(0) > 127),
      ([part]) => part[0] ?? '',
    ),
  };
}
