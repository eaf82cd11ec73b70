/** Adds up what became of the requests, in bounded memory. */
import { formatUsd, type PicoUsd } from '../../core/money.ts';
import { Spread } from './latencies.ts';
import type { Outcome } from './outcome.ts';
import { costOfCall, type RecordedCall } from './recorded-call.ts';
import type { ReplayReport, Total } from './replay-report.ts';

const MOST_ROWS = 1_000;
const MOST_NAMED = 100;

interface Sums {
  calls: number;
  recorded: PicoUsd;
  replayed: PicoUsd;
  readonly named: string[];
}

/** The sums of a replay. */
export class ReplayTotals {
  readonly #outcomes = new Map<Outcome['kind'], number>();
  readonly #moves = new Map<string, Sums>();
  readonly #refusals = new Map<string, Sums>();
  readonly #groups = new Map<string, Sums>();
  readonly #recordedMs = new Spread();
  readonly #replayedMs = new Spread();
  #calls = 0;
  #recorded: PicoUsd = 0n;
  #replayed: PicoUsd = 0n;
  #repriced = 0;
  #unpriced = 0;
  #withoutTime = 0;

  add({ call, kind, cost, ms, group, isUnpriced, error, from, to }: Outcome): void {
    const before = costOfCall(call);
    this.#calls += 1;
    this.#recorded += before;
    this.#replayed += cost;
    this.#outcomes.set(kind, (this.#outcomes.get(kind) ?? 0) + 1);
    if (kind === 'same' && cost !== before) this.#repriced += 1;
    if (isUnpriced === true) this.#unpriced += 1;
    const recordedMs = answeredIn(call);
    if (recordedMs !== undefined) this.#recordedMs.add(recordedMs);
    if (ms !== undefined) this.#replayedMs.add(ms);
    else if (kind === 'moved') this.#withoutTime += 1;
    const sums = { before, cost, callId: call.callId };
    note(this.#groups, group, sums);
    if (kind === 'moved') note(this.#moves, `${from}\u0000${to}`, sums);
    if (kind === 'refused') note(this.#refusals, error ?? '', sums);
  }

  /** How many moved requests have no time. */
  get withoutTime(): number {
    return this.#withoutTime;
  }

  get report(): Omit<ReplayReport, 'from' | 'to' | 'recorded_bodies' | 'expected_quality' | 'assumptions' | 'unknown'> {
    const count = (kind: Outcome['kind']): number => this.#outcomes.get(kind) ?? 0;
    return {
      calls: this.#calls,
      recorded: total(this.#recorded, this.#recordedMs),
      replayed: total(this.#replayed, this.#replayedMs),
      saved_usd: formatUsd(this.#recorded - this.#replayed),
      outcomes: {
        ...{ same: count('same'), moved: count('moved'), refused: count('refused') },
        ...{ still_refused: count('still-refused'), cached: count('cached') },
        ...{ newly_served: count('newly-served'), not_replayed: count('not-replayed') },
      },
      ...{ repriced: this.#repriced, unpriced: this.#unpriced },
      moves: sorted(this.#moves).map(([id, sums]) => {
        const [from = '', to = ''] = id.split('\u0000');
        return { from, to, ...shown(sums) };
      }),
      refusals: sorted(this.#refusals).map(([error, { calls, named, recorded }]) => ({
        ...{ error, calls, named, recorded_usd: formatUsd(recorded) },
      })),
      groups: sorted(this.#groups).map(([group, sums]) => ({ group, ...shown(sums) })),
    };
  }
}

function answeredIn({ last, startedAtMs, endedAtMs }: RecordedCall): number | undefined {
  return last.status === 'success' || last.status === 'cache-hit' ? Math.max(0, endedAtMs - startedAtMs) : undefined;
}

function note(
  map: Map<string, Sums>,
  id: string,
  { before, cost, callId }: { readonly before: PicoUsd; readonly cost: PicoUsd; readonly callId: string },
): void {
  const key = map.has(id) || map.size < MOST_ROWS ? id : '(other)';
  const sums = map.get(key) ?? { calls: 0, recorded: 0n, replayed: 0n, named: [] };
  map.set(key, sums);
  sums.calls += 1;
  sums.recorded += before;
  sums.replayed += cost;
  if (sums.named.length < MOST_NAMED) sums.named.push(callId);
}

const sorted = (map: ReadonlyMap<string, Sums>): [string, Sums][] =>
  [...map].sort(([, one], [, other]) => other.calls - one.calls);

const shown = ({ calls, recorded, replayed }: Sums) => ({
  ...{ calls, recorded_usd: formatUsd(recorded), replayed_usd: formatUsd(replayed) },
});

function total(usd: PicoUsd, spread: Spread): Total {
  const rounded = (share: number): number | null => {
    const ms = spread.quantile(share);
    return ms === undefined ? null : Math.round(ms);
  };
  return { usd: formatUsd(usd), median_ms: rounded(0.5), p95_ms: rounded(0.95) };
}
