import { FAULTS, SCENARIOS } from '../faults.ts';
import type { Fault } from './fault.ts';

/** When a fault strikes: always, the first few times, every so often, or by chance. */
type When =
  | { readonly kind: 'always' }
  | { readonly kind: 'first'; readonly times: number }
  | { readonly kind: 'every'; readonly nth: number }
  | { readonly kind: 'chance'; readonly share: number };

/** A fault as it was spelled. */
export interface SpelledFault {
  readonly fault: Fault;
  readonly argument: string;
  readonly when: When;
  /** The spelling, by which its strikes are counted. */
  readonly spelling: string;
}

/** A spelling that is in no table. */
export class UnknownFault extends Error {
  constructor(spelling: string) {
    super(`the simulator knows no fault “${spelling}”`);
  }
}

// Longest first: `content-filter-400` is not `content-filter` with an argument.
const BY_LENGTH = FAULTS.toSorted((first, second) => second.name.length - first.name.length);

/** Reads faults joined with `+`: `NAME[-ARGUMENT][-once | -xTIMES | -every-NTH | -pPERCENT]`, or a scenario's name. */
export function readFaults(spelling: string, outer?: When): SpelledFault[] {
  return spelling
    .split('+')
    .map((word) =>
      word
        .trim()
        .toLowerCase()
        .replace(/^fault-/, ''),
    )
    .filter((word) => word !== '')
    .flatMap((word) => readFault(word, outer));
}

function readFault(word: string, outer: When | undefined): SpelledFault[] {
  const { rest, when } = readWhen(word);
  const scenario = SCENARIOS.find(
    (row) =>
      row.name === rest ||
      row.name ===
        rest.replace(
          /^([sf])0?(\d+)$/,
          (_, letter, number) => letter + (letter === 's' ? number.padStart(2, '0') : number),
        ),
  );
  const limit = outer ?? (when.kind === 'always' ? undefined : when);
  if (scenario !== undefined)
    return readFaults(scenario.faults, limit).map((fault) => ({ ...fault, spelling: `${word} ${fault.spelling}` }));
  const fault = BY_LENGTH.find((row) => rest === row.name || rest.startsWith(`${row.name}-`));
  if (fault === undefined) throw new UnknownFault(word);
  return [{ fault, argument: rest.slice(fault.name.length + 1), when: limit ?? when, spelling: word }];
}

function readWhen(word: string): { rest: string; when: When } {
  const match = /^(.+?)-(?:(once)|x(\d+)|every-(\d+)|p(\d+))$/.exec(word);
  if (match === null) return { rest: word, when: { kind: 'always' } };
  const [, rest = '', once, times, nth, percent] = match;
  if (once !== undefined) return { rest, when: { kind: 'first', times: 1 } };
  if (times !== undefined) return { rest, when: { kind: 'first', times: Number(times) } };
  if (nth !== undefined) return { rest, when: { kind: 'every', nth: Number(nth) } };
  return { rest, when: { kind: 'chance', share: Number(percent) / 100 } };
}
