/** A row of the ledger as a bill would have it: which tokens of which kinds, at which rates. Pure. */
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { type PicoUsd, picoUsdFromUsd } from '../core/money.ts';
import { BILLED_KINDS, type BilledKind } from '../providers/bill.ts';
import type { LedgerRow } from '../stores/contracts/ledger.ts';
import { type Counts, noCounts, placeOf } from './cells.ts';

/** What a row says of a provider's bill. */
interface BilledRow {
  readonly counts: Counts;
  /** What the kinds cost at the row's own rates. */
  readonly costs: readonly PicoUsd[];
  readonly tier: string;
  readonly hasPrice: boolean;
  /** 1 if a provider answered, 0 if this only corrects another row. */
  readonly requests: number;
}

const STANDARD = 'standard';
/** Rows that correct what an attempt was billed because of what others have in a prompt cache. */
const CORRECTION = '/prompt-cache';

/** What a row was billed; undefined if no provider bills it: a cached answer, a mock, a refusal. */
export function billedRow(row: LedgerRow): BilledRow | undefined {
  if (row.provider === undefined || row.status === 'cache-hit' || row.metadata?.mocked_by !== undefined)
    return undefined;
  if (row.attemptId.endsWith(CORRECTION)) return correction(row);
  if (row.inputTokens + row.outputTokens === 0) return undefined;
  const usage = row.counted?.usage ?? {};
  const number = (name: string): number => (typeof usage[name] === 'number' ? usage[name] : 0);
  const counts = noCounts();
  const put = (kind: BilledKind, count: number): void => {
    counts[placeOf(kind)] = Math.max(0, count);
  };
  const cached = Math.min(row.inputTokens, row.cachedInputTokens ?? 0);
  const written = Math.min(row.inputTokens - cached, row.cacheWriteTokens ?? 0);
  const oneHour = Math.min(written, number('cacheWriteOneHourTokens'));
  const audio = Math.min(row.inputTokens - cached - written, number('audioInputTokens'));
  const spoken = Math.min(row.outputTokens, number('audioOutputTokens'));
  put('cachedInput', cached);
  put('cacheWrite', written - oneHour);
  put('cacheWriteOneHour', oneHour);
  put('audioInput', audio);
  put('input', row.inputTokens - cached - written - audio);
  put('audioOutput', spoken);
  put('output', row.outputTokens - spoken);
  const told = usage.serviceTier;
  const tier = typeof told === 'string' && told !== 'default' && told !== 'auto' ? told : STANDARD;
  const rates = row.price?.rates;
  return {
    counts,
    costs: BILLED_KINDS.map((kind, at) =>
      rates === undefined ? 0n : costOfKind(kind, counts[at] ?? 0, rates, row.inputTokens, row.reasoningTokens ?? 0),
    ),
    tier,
    hasPrice: rates !== undefined,
    requests: 1,
  };
}

/** The provider read more or less from its cache than the caller was shown. */
function correction({ metadata }: LedgerRow): BilledRow | undefined {
  const told = metadata?.prompt_cache;
  if (!isJsonObject(told ?? null)) return undefined;
  const { billed_cached_tokens: billed, charged_cached_tokens: charged } = told as JsonObject;
  if (typeof billed !== 'number' || typeof charged !== 'number') return undefined;
  const counts = noCounts();
  counts[placeOf('cachedInput')] = billed - charged;
  counts[placeOf('input')] = charged - billed;
  return { counts, costs: BILLED_KINDS.map(() => 0n), tier: STANDARD, hasPrice: true, requests: 0 };
}

/** What a kind falls back to if it has no rate of its own; as in `src/costs/rate-card.ts`. */
const FALLBACKS: Readonly<Record<BilledKind, readonly string[]>> = {
  input: ['input'],
  cachedInput: ['cachedInput', 'input'],
  cacheWrite: ['cacheWrite', 'input'],
  cacheWriteOneHour: ['cacheWriteOneHour', 'cacheWrite', 'input'],
  audioInput: ['audioInput', 'input'],
  output: ['output'],
  audioOutput: ['audioOutput', 'output'],
};

function costOfKind(kind: BilledKind, count: number, rates: JsonObject, prompt: number, reasoning: number): PicoUsd {
  if (count === 0) return 0n;
  const rate = rateOf(rates, FALLBACKS[kind], prompt);
  if (kind !== 'output' || reasoning === 0 || rates.reasoning === undefined) return BigInt(count) * rate;
  const thought = Math.min(count, reasoning);
  return BigInt(count - thought) * rate + BigInt(thought) * rateOf(rates, ['reasoning'], prompt);
}

function rateOf(rates: JsonObject, names: readonly string[], prompt: number): PicoUsd {
  const name = names.find((each) => rates[each] !== undefined);
  return name === undefined ? 0n : rateAt(rates[name], prompt);
}

/** Rates are amounts in USD; one with tiers has the rate of the largest tier that the prompt is above. */
function rateAt(rate: JsonValue | undefined, prompt: number): PicoUsd {
  if (typeof rate === 'string') return picoUsdFromUsd(rate) ?? 0n;
  if (rate === undefined || !isJsonObject(rate)) return 0n;
  let found = rate.base;
  for (const tier of Array.isArray(rate.tiers) ? rate.tiers : []) {
    if (isJsonObject(tier) && typeof tier.aboveInputTokens === 'number' && prompt > tier.aboveInputTokens)
      found = tier.rate;
  }
  return typeof found === 'string' ? (picoUsdFromUsd(found) ?? 0n) : 0n;
}
