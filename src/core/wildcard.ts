/** A name that may contain `*`, matched without a regular expression so that no pattern can be slow. */
export interface Wildcard {
  readonly pattern: string;
  /** How many characters of the pattern are literal: if several patterns match, the most specific wins. */
  readonly specificity: number;
  /** What each `*` matches in `name`; undefined if `name` does not match. */
  match(name: string): readonly string[] | undefined;
}

/**
 * Compiles a pattern. Each `*` matches any run of characters, even an empty one; earlier ones match as little as
 * possible.
 */
export function compileWildcard(pattern: string): Wildcard {
  const pieces = pattern.split('*');
  const first = pieces[0] ?? '';
  const last = pieces[pieces.length - 1] ?? '';
  return {
    pattern,
    specificity: pattern.length - (pieces.length - 1),
    match(name) {
      if (pieces.length === 1) return name === pattern ? [] : undefined;
      if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return undefined;
      const captures: string[] = [];
      let position = first.length;
      const end = name.length - last.length;
      for (let index = 1; index < pieces.length - 1; index += 1) {
        const piece = pieces[index] ?? '';
        const found = name.indexOf(piece, position);
        if (found === -1 || found + piece.length > end) return undefined;
        captures.push(name.slice(position, found));
        position = found + piece.length;
      }
      captures.push(name.slice(position, end));
      return captures;
    },
  };
}

/** Replaces the stars of a pattern by what those of another matched: `openai/*` with `gpt-4o` → `openai/gpt-4o`. */
export function fillWildcard(pattern: string, captures: readonly string[]): string {
  let index = 0;
  return pattern.replaceAll('*', () => captures[index++] ?? captures[captures.length - 1] ?? '');
}
