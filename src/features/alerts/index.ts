import type { Feature } from '../feature.ts';
import { RunningAlerts } from './running-alerts.ts';
import { type AlertConfig, alertSettings } from './settings.ts';

/** Alerts about budgets, in the log and by post, and the gauges of budgets. Guide: docs/guides/alerts.md. */
export const alerts: Feature<AlertConfig> = {
  name: 'alerts',
  settings: alertSettings,
  metrics: [
    {
      name: 'sluice_budget_alerts_sent_total',
      type: 'counter',
      help: 'Posts of budget alerts that a receiver took.',
    },
    {
      name: 'sluice_budget_alerts_dropped_total',
      type: 'counter',
      help: 'Posts of budget alerts that were given up, because a receiver did not take them or too many waited.',
    },
  ],
  start: (world) => new RunningAlerts(world),
};
