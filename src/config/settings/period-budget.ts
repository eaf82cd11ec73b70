/** A budget with a period, and the maps and lists that hold such budgets or counts. */
import { defined } from '../../core/defined.ts';
import type { PeriodBudget } from '../../stores/contracts/directory.ts';
import type { ConfigNode } from '../config-node.ts';
import { describeValue } from '../finding.ts';
import type { ReadingContext } from '../reading-context.ts';
import { Section } from '../section.ts';
import { type FieldsOf, never, now, type ReadNode, type SettingRows } from '../setting-rows.ts';
import { shapeOf, wordsFor } from '../setting-types.ts';

/** What `max_budget` means, wherever it may be. */
export const BUDGET_DOC = 'Most that may be spent in a period.';
/** What `budget_duration` means, wherever it may be. */
export const PERIOD_DOC = 'When the budget resets: `1h`, `1d`, `7d`, `1mo`, `daily`, `weekly`, `monthly`, …';

/** An entry of `budget_limits`, a value of `model_max_budget` or of `provider_budget_config`. */
export const PERIOD_BUDGET = {
  max_budget: now('usd', BUDGET_DOC, 'max'),
  budget_limit: now('usd', 'Another name for `max_budget`.', 'max'),
  budget_duration: now('period', PERIOD_DOC, { to: 'period', otherwise: 'never' }),
  time_period: now('period', 'Another name for `budget_duration`.', 'period'),
  reset_at: never('text', 'Periods start by the clock.'),
  rpm_limit: now('integer', 'Requests in any 60 seconds. Not of a provider, whose deployments have `rpm`.', 'rpmLimit'),
  tpm_limit: now('integer', 'Tokens in any 60 seconds. Not of a provider, whose deployments have `tpm`.', 'tpmLimit'),
} satisfies SettingRows;

/** A map from names to budgets with a period, or to amounts. */
export const BUDGET_BY_NAME = { as: 'by-name', rows: PERIOD_BUDGET, id: 'period_budget', or: 'usd' } as const;

/** A budget with its period as LiteLLM writes it (`1mo`, `30d`); without a period it never resets. */
export interface PeriodBudgetConfig extends Required<Pick<FieldsOf<typeof PERIOD_BUDGET>, 'max'>> {
  readonly period?: string;
  readonly rpmLimit?: number;
  readonly tpmLimit?: number;
}

/** Reads `budget_limits`. */
export const readBudgetList: ReadNode<readonly PeriodBudget[]> = (node, path, context) =>
  node.kind !== 'list' || node.items.length === 0
    ? undefined
    : node.items.flatMap((item) => stored(readPeriodBudget(item, `${path}[]`, context)) ?? []);

/** Reads `model_max_budget`. */
export const readBudgetMap: ReadNode<Readonly<Record<string, PeriodBudget>>> = (node, path, context) => {
  const budgets = byName(node, path, context).map(([name, budget]) => [name, stored(budget)] as const);
  return budgets.length === 0 ? undefined : (Object.fromEntries(budgets) as Record<string, PeriodBudget>);
};

/** Reads `provider_budget_config`: the provider's own name → its budget. */
export const readProviderBudgets: ReadNode<Readonly<Record<string, PeriodBudgetConfig>>> = (node, path, context) => {
  const budgets: Record<string, PeriodBudgetConfig> = {};
  for (const [name, budget] of byName(node, path, context)) {
    const provider = context.providers.find(name);
    if (provider !== undefined) {
      const { rpmLimit, tpmLimit, ...money } = budget;
      budgets[provider.name] = money;
      if (rpmLimit === undefined && tpmLimit === undefined) continue;
      const place = node.kind === 'map' ? node.entries.get(name) : undefined;
      const message = `${path}.${name} has a rate, which is not counted by provider; give its deployments rpm and tpm`;
      context.findings.add('warning', 'misplaced-key', place, message);
    } else {
      const place = node.kind === 'map' ? node.entries.get(name) : undefined;
      const message = `${path} names the provider "${name}", which is not known; its budget would hold nothing`;
      const suggestion = context.providers.suggest(name);
      // A slip would leave a provider that is used without its budget; what is not served spends nothing.
      if (suggestion === undefined) context.reportUnserved(place, message);
      else context.findings.add('error', 'unknown-provider', place, message, suggestion);
    }
  }
  return budgets;
};

/** Reads a map from names to whole numbers. */
export const readCounts: ReadNode<Readonly<Record<string, number>>> = (node, path, context) => {
  if (node.kind !== 'map' || node.entries.size === 0) return undefined;
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
};

function byName(node: ConfigNode, path: string, context: ReadingContext): (readonly [string, PeriodBudgetConfig])[] {
  return [...(node.kind === 'map' ? node.entries.values() : [])].flatMap(({ key, value }) => {
    const budget = readPeriodBudget(value, `${path}.${key}`, context);
    return budget === undefined ? [] : [[key, budget] as const];
  });
}

function stored(budget: PeriodBudgetConfig | undefined): PeriodBudget | undefined {
  if (budget === undefined) return undefined;
  const { max, period: duration, rpmLimit, tpmLimit } = budget;
  return { max, ...defined({ duration, rpmLimit, tpmLimit }) };
}

function readPeriodBudget(node: ConfigNode, path: string, context: ReadingContext): PeriodBudgetConfig | undefined {
  const wrong = (): undefined => {
    const message = `${path} must be a map with max_budget (USD) and budget_duration, or an amount in USD, but is ${describeValue(node, false)}`;
    context.findings.add('error', 'wrong-type', node, message);
  };
  if (node.kind === 'list') return wrong();
  // A plain amount is read as a map that holds nothing else.
  const amount = { key: 'max_budget', value: node, source: node.source, offset: node.offset };
  const map =
    node.kind === 'map' ? node : { ...node, kind: 'map' as const, entries: new Map([['max_budget', amount]]) };
  const { max, ...others } = new Section(map, PERIOD_BUDGET, { path, unknown: 'refuse-typos' }, context).fields();
  if (max !== undefined) return { max, ...others };
  // An amount of a wrong type has been reported already.
  return map.entries.has('max_budget') || map.entries.has('budget_limit') ? undefined : wrong();
}
