/** How long something is valid, in LiteLLM's words: `30s`, `30m`, `12h`, `30d`, `2w`, `1mo`, `1y`. */

const UNIT_MS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    s: 1_000,
    m: 60_000,
    // As LiteLLM's own examples write it.
    min: 60_000,
    h: 3_600_000,
    d: 86_400_000,
    w: 604_800_000,
  }),
);

/** When a duration that begins now ends; undefined if the text is not a duration. Months and years end on the same day, in UTC. */
export function endOfDuration(text: string, nowMs: number): number | undefined {
  const match = /^(\d{1,6})(s|m|min|h|d|w|mo|y)$/.exec(text.trim());
  if (match === null) return undefined;
  const count = Number(match[1]);
  const unit = match[2] ?? '';
  const lengthMs = UNIT_MS.get(unit);
  const endsAtMs =
    lengthMs === undefined ? addMonths(nowMs, unit === 'y' ? 12 * count : count) : nowMs + count * lengthMs;
  // Beyond what a date can say (the year 275760).
  return Number.isFinite(endsAtMs) && endsAtMs <= 8.64e15 ? endsAtMs : undefined;
}

function addMonths(fromMs: number, months: number): number {
  const from = new Date(fromMs);
  const day = from.getUTCDate();
  const moved = new Date(fromMs);
  moved.setUTCDate(1);
  moved.setUTCMonth(moved.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(moved.getUTCFullYear(), moved.getUTCMonth() + 1, 0)).getUTCDate();
  moved.setUTCDate(Math.min(day, lastDay));
  return moved.getTime();
}
