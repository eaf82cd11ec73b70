/** Spans of time as people give them on the command line. */
import { UsageError } from '../read-arguments.ts';

const DAY_MS = 86_400_000;
const UNITS: ReadonlyMap<string, number> = new Map([
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', DAY_MS],
  ['w', 7 * DAY_MS],
]);

/** A moment: `2026-11-01`, `2026-11-01T12:00Z`, or a time ago such as `7d`. */
export function momentOf(flag: string, text: string, nowMs: number): number {
  const [, count = '', unit = ''] = /^(\d{1,5})([mhdw])$/.exec(text) ?? [];
  if (count !== '') return nowMs - Number(count) * (UNITS.get(unit) ?? 0);
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const ms = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/.test(text)
    ? Date.parse(isDate ? `${text}T00:00:00Z` : text)
    : Number.NaN;
  if (!Number.isNaN(ms) && (!isDate || new Date(ms).toISOString().startsWith(text))) return ms;
  throw new UsageError(
    `--${flag} must be a day such as 2026-11-01 (UTC), or a time ago such as 7d, not ${JSON.stringify(text)}.`,
  );
}

/** Whole days in UTC, the end excluded. `to` names the last day. */
export function daysOf(
  from: string | undefined,
  to: string | undefined,
  nowMs: number,
  usualDays: number,
): { readonly fromMs: number; readonly toMs: number } {
  const today = floorDay(nowMs);
  // Today's bill is not complete.
  const toMs = to === undefined ? today : floorDay(momentOf('to', to, nowMs)) + DAY_MS;
  const fromMs = from === undefined ? toMs - usualDays * DAY_MS : floorDay(momentOf('from', from, nowMs));
  if (fromMs >= toMs) throw new UsageError('--from must be before --to.');
  return { fromMs, toMs };
}

const floorDay = (ms: number): number => Math.floor(ms / DAY_MS) * DAY_MS;
