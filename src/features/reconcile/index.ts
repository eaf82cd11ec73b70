import type { ReconcileConfig } from '../../billing/settings.ts';
import type { Feature } from '../feature.ts';
import { RunningReconcile } from './running-reconcile.ts';
import { reconcileSettings } from './settings.ts';

/** Compares providers' bills with the ledger on a schedule. Guide: docs/guides/reconcile.md. */
export const reconcileBills: Feature<ReconcileConfig> = {
  name: 'reconcile',
  settings: reconcileSettings,
  metrics: [
    {
      name: 'sluice_reconcile_agreement_ratio',
      type: 'gauge',
      help: 'Share of the last compared bill that agrees with the ledger, of the provider where it is least; 1 before the first run.',
    },
    {
      name: 'sluice_reconcile_unmatched_usd',
      type: 'gauge',
      help: 'What the differences of the last comparison amount to, over all providers.',
    },
    {
      name: 'sluice_reconcile_unpriced_calls',
      type: 'gauge',
      help: 'Calls without a price in the last compared days.',
    },
    { name: 'sluice_reconcile_runs_total', type: 'counter', help: 'Comparisons of a bill with the ledger.' },
    { name: 'sluice_reconcile_failures_total', type: 'counter', help: 'Bills that could not be read.' },
    {
      name: 'sluice_reconcile_last_run_timestamp_seconds',
      type: 'gauge',
      help: 'When the last bill was compared; 0 before the first.',
    },
  ],
  start: (world) => new RunningReconcile(world),
};
