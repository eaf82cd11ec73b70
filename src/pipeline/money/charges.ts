import type { PicoUsd } from '../../core/money.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { Charge } from '../../stores/contracts/claims.ts';
import type { LedgerRow } from '../../stores/contracts/ledger.ts';
import { periodAt } from '../../tenancy/accounts.ts';
import { accountOf } from '../../tenancy/scopes.ts';

/** What an account is charged in the period of its budget. */
export function chargeOf(
  { config }: Snapshot,
  startedAtMs: number,
  account: string,
  period: string | undefined,
  cost: PicoUsd,
): Charge {
  return { account, cost, ...periodAt(period, { anchorMs: 0, limits: {} }, startedAtMs, config.budgets) };
}

/** What the budgets of deployments and providers are charged for the rows of a request. */
export function chargesOfRows(snapshot: Snapshot, startedAtMs: number, rows: readonly LedgerRow[]): readonly Charge[] {
  if (!snapshot.hasUpstreamBudgets) return NO_CHARGES;
  const { providers } = snapshot.config.budgets;
  const charges: Charge[] = [];
  // What a caller is charged and the rest of what its provider bills are one charge.
  const charge = (account: string, period: string | undefined, cost: PicoUsd): void => {
    const known = charges.findIndex((each) => each.account === account);
    const before = charges[known];
    if (before === undefined) charges.push(chargeOf(snapshot, startedAtMs, account, period, cost));
    else charges[known] = { ...before, cost: before.cost + cost };
  };
  for (const { deploymentId, provider, cost } of rows) {
    if (cost === undefined || cost === 0n) continue;
    const budget = deploymentId === undefined ? undefined : snapshot.deployments.get(deploymentId)?.config.budget;
    if (budget !== undefined && deploymentId !== undefined) {
      charge(accountOf.deployment(deploymentId), budget.period, cost);
    }
    if (provider !== undefined && Object.hasOwn(providers, provider)) {
      charge(accountOf.provider(provider), providers[provider]?.period, cost);
    }
  }
  return charges;
}

const NO_CHARGES: readonly Charge[] = [];
