/** Writes docs/reference/metrics.md from the tables in src/telemetry/metrics.ts. */

import { FEATURES } from '../src/features/index.ts';
import { BUDGET_GAUGES, RATE_GAUGES } from '../src/telemetry/budget-gauges.ts';
import { GROUP_GAUGES } from '../src/telemetry/group-gauges.ts';
import {
  BUILD_METRIC,
  COOLDOWN_METRIC,
  DEPLOYMENT_STATE_METRIC,
  HEDGE_METRIC,
  LANE_METRIC,
  READINGS,
  REMAINING_METRICS,
  SAVINGS_COST_METRIC,
  SAVINGS_METRIC,
  SERIES_METRICS,
} from '../src/telemetry/metrics.ts';
import { writeGenerated } from './generated-page.ts';

interface Row {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

const rows: readonly Row[] = [
  ...SERIES_METRICS,
  DEPLOYMENT_STATE_METRIC,
  COOLDOWN_METRIC,
  ...REMAINING_METRICS,
  LANE_METRIC,
  HEDGE_METRIC,
  SAVINGS_METRIC,
  SAVINGS_COST_METRIC,
  ...GROUP_GAUGES,
  ...BUDGET_GAUGES,
  ...RATE_GAUGES,
  ...READINGS,
  ...FEATURES.flatMap(({ metrics = [] }) => metrics),
  BUILD_METRIC,
];

const table = (wanted: readonly Row[]): string => {
  const lines = wanted.map(({ name, type, help, labels = [] }) => {
    return `| \`${name}\` | ${type} | ${help} | ${labels.map((label) => `\`${label}\``).join(' ')} |`;
  });
  return `| name | type | meaning | labels |\n|---|---|---|---|\n${lines.join('\n')}\n`;
};

const isLitellm = ({ name }: Row): boolean => name.startsWith('litellm_');

writeGenerated(
  'docs/reference/metrics.md',
  `<!-- Generated from src/telemetry/metrics.ts and src/features/ by npm run generate. -->
# Metrics

\`/metrics\` speaks Prometheus' text format. Times are seconds, money is USD. With several workers, any of them answers for all.

## Under LiteLLM's names

Names, labels and buckets are LiteLLM's, so that its dashboards and alerts work unchanged. \`client_ip\`, \`user_agent\` and
\`user_email\` are always \`None\`: clients choose them, and each value would be a series of its own.

The metrics have a bound, whatever keys and clients there are: about 4 MB.

- The busiest keys have labels of their own (\`general_settings.metrics_top_keys\`, 300). The others count under \`other\`; their teams
  keep their labels, up to 100. A key that was silent for a day loses its series until it asks again.
- A model that a client names under a wildcard counts under the pattern (\`openai/*\`), and a name that no group has under \`other\`.
- Beyond \`general_settings.metrics_max_series\` sets of labels (1,000) requests count under \`other\`;
  \`sluice_metric_series_overflow_total\` says how many.
- Histograms do not tell end users, keys, users and teams apart unless \`general_settings.metrics_histograms_per_key\` is on.
- Gauges of budgets are shown for as many keys, users, teams and customers, those with the smallest part left.
- The value of a label has at most 64 characters; the end of a longer one is a hash. Control characters are written out.

LiteLLM's panels of latency by key, user or team (time to first token, request and API latency, overhead, latency per output token)
therefore show one line for all unless that setting is on. Panels of requests, tokens and spend by key show the busiest
keys and \`other\`. Panels by \`model\` or \`requested_model\` show a wildcard as one line. Sums over all keys are complete.

${table(rows.filter(isLitellm))}
## Sluice's own

${table(rows.filter((row) => !isLitellm(row)))}`,
);
