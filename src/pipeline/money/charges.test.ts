import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { LedgerRow } from '../../stores/contracts/ledger.ts';
import { chargesOfRows } from './charges.ts';

test('what a caller is charged and the rest of the bill are one charge of the deployment and of the provider', () => {
  const budget = { max: 1_000n, period: '1d' };
  const snapshot = {
    hasUpstreamBudgets: true,
    deployments: new Map([['d', { config: { budget } }]]),
    config: { budgets: { providers: { anthropic: budget }, timeZone: 'UTC' } },
  } as unknown as Snapshot;
  const rows = [100n, -70n, 30n].map((cost) => ({ deploymentId: 'd', provider: 'anthropic', cost }) as LedgerRow);
  const charges = chargesOfRows(snapshot, Date.UTC(2026, 10, 29), rows);
  assert.deepEqual(
    charges.map(({ account, cost }) => [account, cost]),
    [
      ['deployment:d', 60n],
      ['provider:anthropic', 60n],
    ],
  );
});
