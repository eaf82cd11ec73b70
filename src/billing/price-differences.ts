/** By how much a provider's prices differ from the ledger's rates. Pure. */
import { formatUsd, PICO_PER_USD, type PicoUsd, usdNumber } from '../core/money.ts';
import { BILLED_KINDS } from '../providers/bill.ts';
import { addSide, type Cells, noSide, type Side } from './cells.ts';
import type { ChargedKind } from './gather.ts';
import type { PriceDifference } from './report.ts';

/** Reports round: less than a hundredth of a cent, or than a thousandth of the amount, says nothing. */
const LEAST_USD = PICO_PER_USD / 10_000n;
const LEAST_SHARE = 1_000n;
const MILLION = 1_000_000n;

/** Compares what was charged with what the ledger's rates give for the tokens that were billed. */
export function priceDifferences(
  cells: Cells,
  charged: Iterable<ChargedKind>,
): { readonly differences: readonly PriceDifference[]; readonly agree: number | undefined } {
  const sides = new Map<string, { readonly provider: Side; readonly ledger: Side }>();
  for (const { key, days } of cells.all) {
    const id = `${key.model}\u0000${key.tier}`;
    const both = sides.get(id) ?? { provider: noSide(), ledger: noSide() };
    for (const { provider, ledger } of days.values()) {
      addSide(both.provider, provider);
      addSide(both.ledger, ledger);
    }
    sides.set(id, both);
  }
  const differences: PriceDifference[] = [];
  let all: PicoUsd = 0n;
  let apart: PicoUsd = 0n;
  for (const { model, tier, at, cost } of charged) {
    const { provider, ledger } = sides.get(`${model}\u0000${tier}`) ?? { provider: noSide(), ledger: noSide() };
    const booked = BigInt(ledger.counts[at] ?? 0);
    const billed = BigInt(provider.counts[at] ?? 0);
    // What only one side has is a difference of counts, and what the ledger has no rate for is named as unpriced.
    if (booked <= 0n || billed <= 0n || (ledger.costs[at] ?? 0n) === 0n) continue;
    const expected = ((ledger.costs[at] ?? 0n) * billed) / booked;
    const difference = cost - expected;
    const size = difference < 0n ? -difference : difference;
    all += cost > expected ? cost : expected;
    apart += size;
    if (size < LEAST_USD || size * LEAST_SHARE < cost) continue;
    differences.push({
      ...{ model, tier, kind: BILLED_KINDS[at] ?? '' },
      provider_usd_per_million: formatUsd((cost * MILLION) / billed),
      ledger_usd_per_million: formatUsd((expected * MILLION) / billed),
      percent: expected === 0n ? 0 : Number((difference * 10_000n) / expected) / 100,
      usd: formatUsd(difference),
    });
  }
  differences.sort((one, other) => Math.abs(Number(other.usd)) - Math.abs(Number(one.usd)));
  return { differences, agree: all === 0n ? undefined : 1 - usdNumber(apart) / usdNumber(all) };
}
