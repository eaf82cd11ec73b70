/** Gauges of budgets under LiteLLM's names: what is left, what there is, and how long until it resets. */
import { inSlices } from './slices.ts';

/** Kinds of accounts whose budgets LiteLLM has gauges for. */
export type GaugedKind = 'key' | 'team' | 'user' | 'organization' | 'customer' | 'provider';

/** A budget as it was last seen. Amounts are USD. */
export interface BudgetReading {
  readonly kind: GaugedKind;
  /** In LiteLLM's names; all that the kind has. */
  readonly labels: Readonly<Record<string, string>>;
  readonly max: number;
  readonly remaining: number;
  /** Undefined: it never resets. */
  readonly hoursLeft: number | undefined;
  /** Of several processes the one that saw it last is right. */
  readonly seenAtMs: number;
}

/** What a key may still ask of one model within this minute. */
export interface ModelRateReading {
  readonly labels: { readonly hashed_api_key: string; readonly api_key_alias: string; readonly model: string };
  readonly requests: number | undefined;
  readonly tokens: number | undefined;
  readonly seenAtMs: number;
}

/** All readings of one scrape. */
export interface BudgetReadings {
  readonly budgets: readonly BudgetReading[];
  readonly rates: readonly ModelRateReading[];
}

interface Gauge<Reading> {
  readonly name: string;
  readonly type: 'gauge';
  readonly help: string;
  readonly labels: readonly string[];
  read(reading: Reading): number | undefined;
}

const LABELS: Readonly<Record<GaugedKind, readonly string[]>> = {
  key: ['hashed_api_key', 'api_key_alias'],
  team: ['team', 'team_alias'],
  user: ['user'],
  organization: ['org_id', 'org_alias'],
  customer: ['end_user'],
  provider: ['api_provider'],
};

/** LiteLLM's words in the names of metrics, and ours for people. */
const TRIPLES: readonly (readonly [kind: GaugedKind, word: string, whose: string])[] = [
  ['team', 'team', 'a team'],
  ['key', 'api_key', 'a key'],
  ['user', 'user', 'a user'],
  ['organization', 'org', 'an organisation'],
  ['customer', 'customer', 'a customer'],
];

type BudgetGauge = Gauge<BudgetReading> & { readonly kind: GaugedKind };

const triple = ([kind, word, whose]: (typeof TRIPLES)[number]): readonly BudgetGauge[] => [
  {
    kind,
    name: `litellm_remaining_${word}_budget_metric`,
    type: 'gauge',
    help: `USD left of the budget of ${whose}; negative where it was overspent.`,
    labels: LABELS[kind],
    read: ({ remaining }) => remaining,
  },
  {
    kind,
    name: `litellm_${word}_max_budget_metric`,
    type: 'gauge',
    help: `The budget of ${whose}, in USD.`,
    labels: LABELS[kind],
    read: ({ max }) => max,
  },
  {
    kind,
    name: `litellm_${word}_budget_remaining_hours_metric`,
    type: 'gauge',
    help: `Hours until the budget of ${whose} resets.`,
    labels: LABELS[kind],
    read: ({ hoursLeft }) => hoursLeft,
  },
];

/** Gauges of money. Budgets appear with the first request that they apply to; providers' at once. */
export const BUDGET_GAUGES: readonly BudgetGauge[] = [
  ...TRIPLES.flatMap(triple),
  {
    kind: 'provider',
    name: 'litellm_provider_remaining_budget_metric',
    type: 'gauge',
    help: 'USD left of the budget for a provider.',
    labels: LABELS.provider,
    read: ({ remaining }) => remaining,
  },
];

const RATE_LABELS = ['hashed_api_key', 'api_key_alias', 'model'] as const;

/** Gauges of what a key with limits for a model may still ask of it. */
export const RATE_GAUGES: readonly Gauge<ModelRateReading>[] = [
  {
    name: 'litellm_remaining_api_key_requests_for_model',
    type: 'gauge',
    help: 'Requests a key may still make of a model within the minute, where it has a limit for that model.',
    labels: RATE_LABELS,
    read: ({ requests }) => requests,
  },
  {
    name: 'litellm_remaining_api_key_tokens_for_model',
    type: 'gauge',
    help: 'Tokens a key may still use of a model within the minute, where it has a limit for that model.',
    labels: RATE_LABELS,
    read: ({ tokens }) => tokens,
  },
];

/** A sample to write: its labels and value. */
interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Every gauge with its samples, in the order of the tables. */
export function* gaugeSamples({ budgets, rates }: BudgetReadings) {
  for (const gauge of BUDGET_GAUGES) {
    const own = budgets.filter(({ kind }) => kind === gauge.kind);
    yield { gauge, samples: samplesOf(gauge, own) };
  }
  for (const gauge of RATE_GAUGES) yield { gauge, samples: samplesOf(gauge, rates) };
}

function samplesOf<Reading extends { readonly labels: Sample['labels'] }>(
  gauge: Gauge<Reading>,
  readings: readonly Reading[],
): readonly Sample[] {
  return readings.flatMap((reading) => {
    const value = gauge.read(reading);
    return value === undefined ? [] : [{ labels: reading.labels, value }];
  });
}

/** Of each kind at most so many readings: those with the smallest part left. */
export function leastLeft({ budgets, rates }: BudgetReadings, most: number): BudgetReadings {
  const kinds = new Map<GaugedKind, BudgetReading[]>();
  for (const reading of budgets) {
    const ofKind = kinds.get(reading.kind);
    if (ofKind === undefined) kinds.set(reading.kind, [reading]);
    else ofKind.push(reading);
  }
  const partLeft = ({ remaining, max }: BudgetReading): number => (max > 0 ? remaining / max : remaining);
  const kept = [...kinds.values()].flatMap((ofKind) =>
    ofKind.length <= most ? ofKind : ofKind.sort((a, b) => partLeft(a) - partLeft(b)).slice(0, most),
  );
  return { budgets: kept, rates: rates.slice(0, most) };
}

/** Joins what several processes saw: of each budget the latest. */
export async function latestReadings(all: readonly BudgetReadings[]): Promise<BudgetReadings> {
  return {
    budgets: await latest(
      all.flatMap(({ budgets }) => budgets),
      ({ kind }) => kind,
    ),
    rates: await latest(
      all.flatMap(({ rates }) => rates),
      () => '',
    ),
  };
}

async function latest<Reading extends { readonly labels: Sample['labels']; readonly seenAtMs: number }>(
  readings: readonly Reading[],
  kindOf: (reading: Reading) => string,
): Promise<readonly Reading[]> {
  const byLabels = new Map<string, Reading>();
  for await (const reading of inSlices(readings)) {
    const key = `${kindOf(reading)}\n${JSON.stringify(reading.labels)}`;
    const known = byLabels.get(key);
    if (known === undefined || reading.seenAtMs > known.seenAtMs) byLabels.set(key, reading);
  }
  return [...byLabels.values()];
}
