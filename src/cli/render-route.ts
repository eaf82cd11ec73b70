import { printableLines } from '../core/printable.ts';
import type { AttemptLimits, PlanRows, RouteForecast } from '../pipeline/diagnosis/explain-route.ts';

/** A forecast as text for people. */
export function renderForecast(told: RouteForecast): string {
  const { fallbacks, context_window_fallbacks: larger, content_policy_fallbacks: other } = told;
  const alias = told.model === told.group ? '' : ` → ${told.group}`;
  const tokens = told.input_tokens === undefined ? '' : `, a prompt of ${told.input_tokens} tokens at most`;
  const blocks = [
    `${told.model}${alias}: ${told.strategy}${told.stream ? ', as a stream' : ''}${tokens}`,
    planText(told),
    ...fallbacks.map((plan) => `Then the fallback group ${plan.group}\n${planText(plan)}`),
    ...larger.map((plan) => `If the prompt is too long: ${plan.group}\n${planText(plan)}`),
    ...other.map((plan) => `If the content is refused: ${plan.group}\n${planText(plan)}`),
    retriesText(told),
    limitsText(told),
  ];
  return printableLines(`${blocks.join('\n\n')}\n`);
}

function planText({ verdicts }: PlanRows): string {
  const rows = verdicts.map(({ place, deployment, model, reason }) => [
    place === null ? '–' : `${place}.`,
    deployment,
    model ?? '',
    reason,
  ]);
  if (rows.length === 0) return '  no deployment';
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`).join('\n');
}

function retriesText({ retries }: RouteForecast): string {
  const byClass = Object.entries(retries.by_class).map(([name, count]) => `${count} on ${name}`);
  const classes = byClass.length === 0 ? '' : ` (${byClass.join(', ')})`;
  const pause = retries.retry_after === 0 ? '' : `; at least ${retries.retry_after} s before the same deployment again`;
  const on = retries.fallback_on === null ? 'every failure that is not the client’s' : retries.fallback_on.join(', ');
  return [
    `Further tries: ${retries.num_retries} in the group${classes}, ${retries.retries_per_fallback} in each fallback group`,
    `At most: ${retries.max_attempts} attempts and ${retries.max_fallbacks} fallbacks${pause}`,
    `Falls back on: ${on}`,
  ].join('\n');
}

function limitsText({ time_limits: limits }: RouteForecast): string {
  const byText = new Map<string, string[]>();
  for (const [deployment, each] of Object.entries(limits.attempts)) {
    const text = attemptText(each);
    byText.set(text, [...(byText.get(text) ?? []), deployment]);
  }
  const attempts = [...byText].map(([text, deployments]) =>
    byText.size === 1 ? `Time limits of an attempt: ${text}` : `Time limits at ${deployments.join(', ')}: ${text}`,
  );
  return [...attempts, `Connecting: ${limits.connect} s; the whole request: ${limits.request} s`].join('\n');
}

function attemptText({ first_content: first, silence, total }: AttemptLimits): string {
  return `first content ${first} s, silence ${silence} s, in all ${total} s`;
}
