/**
 * Shortens logs: lines that differ in numbers, times and ids alone are shown once with how often they came, and the first and last of
 * them. Errors and warnings stay, each line of them, and so do the lines with the least and the largest number of a kind.
 */

const LEAST_LINES = 20;
const LEAST_ALIKE = 4;
/** Lines that say when they were written, or how serious they are. */
const LOG_LINE =
  /^\s*(?:\[?\d{4}-\d\d-\d\d|\[?\d\d:\d\d:\d\d|\w{3} +\d+ \d\d:|\{?"?(?:level|time|ts)"?[:=]|(?:TRACE|DEBUG|INFO|NOTICE|WARN|ERROR|FATAL)\b)|\b(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|FATAL)\b/;
const SERIOUS =
  /\b(?:error|err|warn(?:ing)?|fatal|critical|panic|fail(?:ed|ure|s)?|exception|denied|refused|timed? ?out|timeout|traceback|not|no|never|cannot|can't|unable|abort(?:ed)?|crash(?:ed)?|killed|lost|missing|invalid|unreachable)\b|^\s+at |\b[45]\d\d\b/i;
const VARIABLE = /0x[\da-f]+|\b[\da-f]{8}-[\da-f-]{27}\b|\b[\da-f]{12,}\b|\d+(?:[.,:]\d+)*/gi;

interface Kind {
  readonly lines: number[];
}

/** A shorter log; undefined if the text is no log, or has nothing that comes again and again. */
export function shorterLog(text: string): string | undefined {
  const lines = text.split('\n');
  if (lines.length < LEAST_LINES) return undefined;
  const filled = lines.filter((line) => line.trim() !== '');
  if (filled.filter((line) => LOG_LINE.test(line)).length < filled.length * 0.6) return undefined;
  const kinds = new Map<string, Kind>();
  lines.forEach((line, at) => {
    if (line.trim() === '' || SERIOUS.test(line)) return;
    const template = line.replace(VARIABLE, '#');
    const kind = kinds.get(template) ?? { lines: [] };
    kind.lines.push(at);
    kinds.set(template, kind);
  });
  const left = new Map<number, string | undefined>();
  for (const { lines: alike } of kinds.values()) leaveOut(alike, lines, left);
  if (left.size === 0) return undefined;
  const shorter = lines.flatMap((line, at) => {
    if (!left.has(at)) return [line];
    const mark = left.get(at);
    return mark === undefined ? [] : [mark];
  });
  const result = shorter.join('\n');
  return result.length < text.length ? result : undefined;
}

/** Leaves out lines of one kind: all but the first, the last, and those with an extreme. A mark stands in place of the first left out. */
function leaveOut(alike: readonly number[], lines: readonly string[], left: Map<number, string | undefined>): void {
  if (alike.length < LEAST_ALIKE) return;
  const kept = new Set([alike[0], alike.at(-1), ...extremes(alike, lines)]);
  const gone = alike.filter((at) => !kept.has(at));
  if (gone.length < 2) return;
  gone.forEach((at, index) => {
    left.set(
      at,
      index === 0 ? `[… ${gone.length} more lines like the one above, which differ in numbers only]` : undefined,
    );
  });
}

/** For each place of a number the lines with the least and the largest one. */
function extremes(alike: readonly number[], lines: readonly string[]): readonly number[] {
  const best: { least: number; leastAt: number; most: number; mostAt: number }[] = [];
  for (const at of alike) {
    const numbers = (lines[at] as string).match(VARIABLE) ?? [];
    numbers.forEach((text, place) => {
      const value = Number(text);
      if (!Number.isFinite(value)) return;
      const known = best[place];
      if (known === undefined) best[place] = { least: value, leastAt: at, most: value, mostAt: at };
      else {
        if (value < known.least) Object.assign(known, { least: value, leastAt: at });
        if (value > known.most) Object.assign(known, { most: value, mostAt: at });
      }
    });
  }
  return best.flatMap((place) => (place === undefined ? [] : [place.leastAt, place.mostAt]));
}
