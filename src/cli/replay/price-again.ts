/** What a recorded attempt costs at other prices. */
import type { PicoUsd } from '../../core/money.ts';
import { costOf, type Extras } from '../../costs/price-of.ts';
import type { Usage } from '../../formats/neutral/conversation.ts';
import { priceOf } from '../../pipeline/money/ledger-rows.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { LedgerRow } from '../../stores/contracts/ledger.ts';

/** The usage of a row, as far as the ledger has it. */
export function usageOf(row: LedgerRow): Usage {
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens, counted } = row;
  return {
    ...(counted?.usage as Partial<Usage> | undefined),
    ...{ inputTokens, outputTokens },
    ...(cachedInputTokens !== undefined && { cachedInputTokens }),
    ...(cacheWriteTokens !== undefined && { cacheWriteTokens }),
    ...(reasoningTokens !== undefined && { reasoningTokens }),
  };
}

/** The source of what was booked for want of a price. */
const CEILING = 'unpriced_ceiling';

/**
 * What an attempt costs at a deployment. At the rates that it was booked at, it is what was booked: then nothing has to be counted again.
 * Undefined: there is no price.
 */
export function priceAgain(row: LedgerRow, deployment: Deployment, snapshot: Snapshot): PicoUsd | undefined {
  // A mock costs nothing, and what died with its gateway was booked at its hold.
  if (row.metadata?.mocked_by !== undefined || row.status === 'orphan') return row.cost;
  if (row.inputTokens + row.outputTokens === 0 && row.price === undefined) return row.cost;
  return priceUsage(usageOf(row), row, deployment, snapshot);
}

/** The same for another usage of the attempt. */
export function priceUsage(
  usage: Usage,
  row: LedgerRow,
  deployment: Deployment,
  snapshot: Snapshot,
): PicoUsd | undefined {
  const listed = deployment.priced.ratesOfAnswer(usage, row.startedAtMs);
  const card = listed ?? (row.price?.source === CEILING ? snapshot.ceiling : undefined);
  const isSameUsage = usage.inputTokens === row.inputTokens && usage.cachedInputTokens === row.cachedInputTokens;
  if (card !== undefined && isSameUsage && isSamePrice(card, row)) return row.cost;
  // The cost that another provider stated is no price of this one.
  const { providerCostUsd, ...counted } = usage;
  const isStatedHere = deployment.provider.name === row.provider && deployment.model === row.model;
  const stated = isStatedHere && providerCostUsd !== undefined ? { ...counted, providerCostUsd } : counted;
  return costOf(stated, card, (row.counted?.extras as Extras | undefined) ?? {})?.total;
}

function isSamePrice(card: NonNullable<Parameters<typeof priceOf>[0]>, { price }: LedgerRow): boolean {
  return price !== undefined && JSON.stringify(priceOf(card).rates) === JSON.stringify(price.rates);
}
