import type { ActivityRow } from '../../stores/contracts/ledger.ts';

/** Sums of activity without the dimensions that they were summed by. */
export type Sums = Omit<ActivityRow, 'by'>;

/** The sums of several rows. */
export function sumOf(rows: readonly ActivityRow[]): Sums {
  let [cost, requestedCost] = [0n, 0n];
  let [inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens] = [0, 0, 0, 0];
  let [attempts, succeeded, failed] = [0, 0, 0];
  for (const row of rows) {
    cost += row.cost;
    requestedCost += row.requestedCost;
    inputTokens += row.inputTokens;
    outputTokens += row.outputTokens;
    cachedInputTokens += row.cachedInputTokens;
    cacheWriteTokens += row.cacheWriteTokens;
    attempts += row.attempts;
    succeeded += row.succeeded;
    failed += row.failed;
  }
  return {
    cost,
    requestedCost,
    inputTokens,
    outputTokens,
    cachedInputTokens,
    cacheWriteTokens,
    attempts,
    succeeded,
    failed,
  };
}
