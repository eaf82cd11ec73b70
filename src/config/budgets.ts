/** Reads budgets and limits that hold for everybody: the platform's, the providers', and what newcomers get. */
import { defined } from '../core/defined.ts';
import type { PeriodBudget } from '../stores/contracts/directory.ts';
import type { MapNode } from './config-node.ts';
import { DEFAULT_BUDGETS } from './defaults.ts';
import { describeValue } from './finding.ts';
import type { ProviderDirectory } from './known-providers.ts';
import { SCOPE_KINDS, WHEN_AWAY_BY_KIND } from './known-settings.ts';
import { readBudgetMap } from './limits.ts';
import type { BudgetConfig, PeriodBudgetConfig, ScopeKind, WhenAway } from './money-config.ts';
import { type ReadingContext, Section } from './section.ts';

/** The sections that say something of budgets. */
export interface BudgetReading {
  readonly general: Section;
  readonly litellm: Section;
  readonly router: Section;
  readonly own: Section;
  readonly providers: ProviderDirectory;
  readonly context: ReadingContext;
}

/** Budgets and rate limits of a configuration. */
export function readBudgets({ general, litellm, router, own, providers, context }: BudgetReading): BudgetConfig {
  const customerMax = litellm.usd('max_end_user_budget');
  const userMax = litellm.usd('max_internal_user_budget') ?? litellm.usd('default_max_internal_user_budget');
  const platformMax = litellm.usd('max_budget');
  return {
    // LiteLLM's `max_budget: 0` has always meant none.
    ...defined({
      globalMax: general.usd('global_max_budget') ?? (platformMax === 0n ? undefined : platformMax),
      globalPeriod: litellm.period('budget_duration'),
      alertThreshold: general.number('budget_alert_threshold'),
    }),
    mode: own.text('mode') === 'strict' ? 'strict' : DEFAULT_BUDGETS.mode,
    debtRatio: own.number('debt_ratio') ?? DEFAULT_BUDGETS.debtRatio,
    timeZone: litellm.text('timezone') ?? DEFAULT_BUDGETS.timeZone,
    whenAway: readWhenAway(own, general.flag('fail_closed_budget_enforcement') === true, context),
    tokenRateLimitType: tokenTypeOf(litellm) ?? tokenTypeOf(general) ?? DEFAULT_BUDGETS.tokenRateLimitType,
    providers: readProviderBudgets(router, providers, context),
    ...defined({
      customerDefault: customerMax === undefined ? undefined : { max: customerMax },
      customerDefaultBudgetId: litellm.text('max_end_user_budget_id'),
      userDefault:
        userMax === undefined
          ? undefined
          : { max: userMax, ...defined({ period: litellm.period('internal_user_budget_duration') }) },
    }),
    requireCustomer: general.flag('enforce_user_param') ?? DEFAULT_BUDGETS.requireCustomer,
    ...defined({ customerHeader: general.text('user_header_name')?.toLowerCase() }),
    refuseClientTags: general.flag('reject_clientside_metadata_tags') ?? DEFAULT_BUDGETS.refuseClientTags,
  };
}

function tokenTypeOf(section: Section): BudgetConfig['tokenRateLimitType'] | undefined {
  const written = section.text('token_rate_limit_type');
  return (['total', 'input', 'output'] as const).find((each) => each === written);
}

const WHEN_AWAY_WORDS: readonly WhenAway[] = ['open', 'closed', 'share'];

function readWhenAway(own: Section, isClosed: boolean, context: ReadingContext): BudgetConfig['whenAway'] {
  const path = 'budget_settings.when_away';
  const node = own.node('when_away');
  const everywhere = (word: WhenAway): BudgetConfig['whenAway'] =>
    Object.fromEntries(SCOPE_KINDS.map((kind) => [kind, word])) as Record<ScopeKind, WhenAway>;
  const otherwise = isClosed ? everywhere('closed') : DEFAULT_BUDGETS.whenAway;
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return otherwise;
  if (node.kind === 'map') {
    const map = new Section(node, WHEN_AWAY_BY_KIND, { path, unknown: 'refuse-typos' }, context);
    const named = SCOPE_KINDS.flatMap((kind) => {
      const word = WHEN_AWAY_WORDS.find((each) => each === map.text(kind));
      return word === undefined ? [] : [[kind, word] as const];
    });
    return { ...otherwise, ...Object.fromEntries(named) };
  }
  const word = WHEN_AWAY_WORDS.find((each) => node.kind === 'scalar' && each === node.value);
  if (word !== undefined) return everywhere(word);
  const message = `${path} must be one of "open", "closed", "share", or a map with one of them for a kind, but is ${describeValue(node, false)}`;
  context.findings.add('error', 'wrong-type', node, message);
  return otherwise;
}

function readProviderBudgets(
  router: Section,
  providers: ProviderDirectory,
  context: ReadingContext,
): Readonly<Record<string, PeriodBudgetConfig>> {
  const path = 'router_settings.provider_budget_config';
  const node = router.node('provider_budget_config');
  const budgets: Record<string, PeriodBudgetConfig> = {};
  for (const [name, budget] of Object.entries(readBudgetMap(node, path, context) ?? {})) {
    const provider = providers.find(name);
    if (provider !== undefined) budgets[provider.name] = periodBudget(budget);
    else {
      const place = (node as MapNode).entries.get(name);
      const message = `${path} names the provider "${name}", which is not known; its budget would hold nothing`;
      context.findings.add('error', 'unknown-provider', place, message, providers.suggest(name));
    }
  }
  return budgets;
}

function periodBudget({ max, duration }: PeriodBudget): PeriodBudgetConfig {
  return { max, ...defined({ period: duration }) };
}
