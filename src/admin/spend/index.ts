import type { ManagementRoute } from '../contract.ts';
import { CALCULATE_ROUTES } from './calculate.ts';
import { FACET_ROUTES } from './facets.ts';
import { LOG_ROUTES } from './logs.ts';
import { ORPHAN_ROUTES } from './orphans.ts';
import { PROVIDER_BUDGET_ROUTES } from './provider-budgets.ts';
import { REPORT_ROUTES } from './report.ts';
import { RESET_ROUTES } from './reset.ts';
import { ROW_ROUTES } from './rows-route.ts';
import { SAVINGS_ROUTES } from './savings.ts';
import { SUMMARY_ROUTES } from './summary.ts';
import { SUM_ROUTES } from './sums.ts';

/** Routes that report, calculate or reset spend. */
export const SPEND_ROUTES: readonly ManagementRoute[] = [
  ...LOG_ROUTES,
  ...ROW_ROUTES,
  ...FACET_ROUTES,
  ...SUM_ROUTES,
  ...REPORT_ROUTES,
  ...SUMMARY_ROUTES,
  ...SAVINGS_ROUTES,
  ...CALCULATE_ROUTES,
  ...PROVIDER_BUDGET_ROUTES,
  ...RESET_ROUTES,
  ...ORPHAN_ROUTES,
];
