/** Reads the limits of one object of a file. */
import { defined } from '../core/defined.ts';
import type { Limits, PeriodBudget } from '../stores/contracts/directory.ts';
import type { ConfigNode } from './config-node.ts';
import { describeValue } from './finding.ts';
import { PERIOD_BUDGET } from './known-settings.ts';
import { shapeOf, wordsFor } from './schema.ts';
import { type ReadingContext, Section } from './section.ts';

/** All limits of a section whose table holds the rows of `LIMITS`. `path` is how messages name it. */
export function readLimits(section: Section, path: string, context: ReadingContext): Limits {
  return {
    ...defined({
      maxBudget: section.usd('max_budget'),
      budgetDuration: section.period('budget_duration') ?? section.period('budget_reset_period'),
      softBudget: section.usd('soft_budget'),
      budgetLimits: readBudgetList(section.node('budget_limits'), `${path}.budget_limits`, context),
      modelMaxBudget: readBudgetMap(section.node('model_max_budget'), `${path}.model_max_budget`, context),
      rpmLimit: section.number('rpm_limit'),
      tpmLimit: section.number('tpm_limit'),
      inputTpmLimit: section.number('input_tpm_limit'),
      outputTpmLimit: section.number('output_tpm_limit'),
      maxParallelRequests: section.number('max_parallel_requests'),
      modelRpmLimit: readCounts(section.node('model_rpm_limit'), `${path}.model_rpm_limit`, context),
      modelTpmLimit: readCounts(section.node('model_tpm_limit'), `${path}.model_tpm_limit`, context),
      budgetId: section.text('budget_id'),
    }),
  };
}

function readBudgetList(
  node: ConfigNode | undefined,
  path: string,
  context: ReadingContext,
): readonly PeriodBudget[] | undefined {
  if (node?.kind !== 'list' || node.items.length === 0) return undefined;
  return node.items.flatMap((item) => readPeriodBudget(item, `${path}[]`, context) ?? []);
}

/** A map from a name to a budget with a period, or to an amount. */
export function readBudgetMap(
  node: ConfigNode | undefined,
  path: string,
  context: ReadingContext,
): Readonly<Record<string, PeriodBudget>> | undefined {
  if (node?.kind !== 'map' || node.entries.size === 0) return undefined;
  const budgets = [...node.entries.values()].flatMap(({ key, value }) => {
    const budget = readPeriodBudget(value, `${path}.${key}`, context);
    return budget === undefined ? [] : [[key, budget] as const];
  });
  return Object.fromEntries(budgets);
}

function readPeriodBudget(node: ConfigNode, path: string, context: ReadingContext): PeriodBudget | undefined {
  const wrong = (): undefined => {
    const message = `${path} must be a map with max_budget (USD) and budget_duration, or an amount in USD, but is ${describeValue(node, false)}`;
    context.findings.add('error', 'wrong-type', node, message);
  };
  if (node.kind === 'list') return wrong();
  // A plain amount is read as a map that holds nothing else.
  const amount = { key: 'max_budget', value: node, source: node.source, offset: node.offset };
  const map =
    node.kind === 'map' ? node : { ...node, kind: 'map' as const, entries: new Map([['max_budget', amount]]) };
  const section = new Section(map, PERIOD_BUDGET, { path, unknown: 'refuse-typos' }, context);
  const max = section.usd('max_budget') ?? section.usd('budget_limit');
  if (max === undefined) {
    // An amount of a wrong type has been reported as such.
    const isThere = map.entries.has('max_budget') || map.entries.has('budget_limit');
    return isThere ? undefined : wrong();
  }
  return { max, ...defined({ duration: section.period('budget_duration') ?? section.period('time_period') }) };
}

function readCounts(
  node: ConfigNode | undefined,
  path: string,
  context: ReadingContext,
): Readonly<Record<string, number>> | undefined {
  if (node?.kind !== 'map' || node.entries.size === 0) return undefined;
  const counts: Record<string, number> = {};
  for (const { key, value } of node.entries.values()) {
    const read = shapeOf('integer').safeParse(value.kind === 'scalar' ? value.value : undefined);
    if (read.success) counts[key] = read.data as number;
    else {
      const message = `${path}.${key} must be ${wordsFor('integer')}, but is ${describeValue(value, false)}`;
      context.findings.add('error', 'wrong-type', value, message);
    }
  }
  return counts;
}
