/** Writes docs/reference/metrics.md from the tables in src/telemetry/metrics.ts. */

import { FEATURES } from '../src/features/index.ts';
import { BUDGET_GAUGES, RATE_GAUGES } from '../src/telemetry/budget-gauges.ts';
import {
  BUILD_METRIC,
  COOLDOWN_METRIC,
  DEPLOYMENT_STATE_METRIC,
  HEDGE_METRIC,
  LANE_METRIC,
  READINGS,
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
  LANE_METRIC,
  HEDGE_METRIC,
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

${table(rows.filter(isLitellm))}
## Sluice's own

${table(rows.filter((row) => !isLitellm(row)))}`,
);
