/** Settings of `budget_settings`, Sluice's own section: how budgets and limits are kept. */
import type { PicoUsd } from '../../core/money.ts';
import { describeValue } from '../finding.ts';
import { Section } from '../section.ts';
import { own, type ReadNode, type SettingRows } from '../setting-rows.ts';

const WHEN_AWAY = ['open', 'closed', 'share'] as const;

/** Kinds of accounts that limits hang on. */
const SCOPE_KINDS = [
  'platform',
  'organization',
  'organization_member',
  'team',
  'team_member',
  'user',
  'customer',
  'key',
  'tag',
  'deployment',
  'provider',
] as const;

/** What is done with a limit while the Redis that instances share is unavailable. */
export type WhenAway = (typeof WHEN_AWAY)[number];
/** A kind of account that limits hang on. */
export type ScopeKind = (typeof SCOPE_KINDS)[number];

const defaultFor = (kind: ScopeKind): WhenAway => (kind === 'deployment' || kind === 'provider' ? 'open' : 'share');

/** What holds for each kind unless a file says otherwise. */
export const DEFAULT_WHEN_AWAY: Readonly<Record<ScopeKind, WhenAway>> = sameForAll(defaultFor);

const WHEN_AWAY_BY_KIND: SettingRows = sameForAll((kind) =>
  own(WHEN_AWAY, `Limits of this kind: ${kind}.`, { to: kind, otherwise: defaultFor(kind) }),
);

/** A map from every kind to what `of` says. */
export function sameForAll<Value>(of: (kind: ScopeKind) => Value): Readonly<Record<ScopeKind, Value>> {
  return Object.fromEntries(SCOPE_KINDS.map((kind) => [kind, of(kind)])) as Record<ScopeKind, Value>;
}

/** Reads `when_away`: one word, or a map from kinds to words. */
const readWhenAway: ReadNode<Partial<Record<ScopeKind, WhenAway>>> = (node, path, context) => {
  if (node.kind === 'scalar' && node.value === null) return undefined;
  if (node.kind === 'map')
    return new Section(node, WHEN_AWAY_BY_KIND, { path, unknown: 'refuse-typos' }, context).fields();
  const word = WHEN_AWAY.find((each) => node.kind === 'scalar' && each === node.value);
  if (word !== undefined) return sameForAll(() => word);
  const message = `${path} must be one of "open", "closed", "share", or a map with one of them for a kind, but is ${describeValue(node, false)}`;
  context.findings.add('error', 'wrong-type', node, message);
  return undefined;
};

/** Rates in pico-USD per token. */
export interface CeilingRates {
  readonly input: PicoUsd;
  readonly output: PicoUsd;
}

/**
 * The dearest of the models in common use, Claude Opus 4.1 and its predecessors: 15 and 75 USD per million tokens
 * (https://platform.claude.com/docs/en/about-claude/pricing, 2026-11-23).
 */
export const DEFAULT_CEILING: CeilingRates = { input: 15_000_000n, output: 75_000_000n };

const CEILING_ROWS = {
  input_cost_per_token: own('usd', 'USD per token of a prompt.', { to: 'input', otherwise: '0.000015' }),
  output_cost_per_token: own('usd', 'USD per token of an answer.', { to: 'output', otherwise: '0.000075' }),
} satisfies SettingRows;

const readCeiling: ReadNode<CeilingRates> = (node, path, context) => {
  if (node.kind === 'scalar' && node.value === null) return undefined;
  if (node.kind !== 'map') {
    const message = `${path} must be a map with input_cost_per_token and output_cost_per_token, but is ${describeValue(node, false)}`;
    context.findings.add('error', 'wrong-type', node, message);
    return undefined;
  }
  const { input, output } = new Section(node, CEILING_ROWS, { path, unknown: 'refuse-typos' }, context).fields();
  return { input: input ?? DEFAULT_CEILING.input, output: output ?? DEFAULT_CEILING.output };
};

/** The members of `budget_settings`. */
export const BUDGET_SETTINGS = {
  mode: own(
    ['learned', 'strict'],
    'What is reserved for a request until its cost is known. `strict`: the most it can cost, so that no budget is ever exceeded. `learned`: what such requests have cost, so that a budget can be used up.',
    { to: 'mode', default: 'learned' },
  ),
  debt_ratio: own(
    'ratio',
    '`learned`: how far beyond a budget the requests under way may together be expected to run, as a share of it.',
    { to: 'debtRatio', default: 0.005 },
  ),
  when_away: own(
    'any',
    'What is done with limits while the Redis that instances share is unavailable: `open` does not check them, `closed` refuses, `share` gives each instance an equal part of what was left. One word, or a map by kind: `platform`, `organization`, `organization_member`, `team`, `team_member`, `user`, `customer`, `key`, `tag`, `deployment`, `provider`.',
    {
      otherwise: '`share`; `open` for deployments and providers',
      read: readWhenAway,
      members: { as: 'map', rows: WHEN_AWAY_BY_KIND, or: WHEN_AWAY },
    },
  ),
  unpriced_ceiling: own(
    'map',
    'What a deployment of an exact name whose price is unknown costs under a budget, until an answer names a model with a price: `input_cost_per_token` and `output_cost_per_token` in USD. A model that a client chose under a wildcard is refused under a budget if its price is unknown.',
    {
      otherwise: '15 and 75 USD per million tokens',
      read: readCeiling,
      members: { as: 'map', rows: CEILING_ROWS },
    },
  ),
  client_names: own(
    ['open', 'bound'],
    'Which tags and customers a request may name. `open`: any, unless its key or team has `allowed_tags` or `allowed_customers`. `bound`: only those that these lists allow.',
    { to: 'clientNames', default: 'open' },
  ),
  free_requests_per_minute: own(
    'count',
    'How many requests that cost nothing a key may make in a minute, in each process: of token counting, of facts (models, `/health`), of management and of `/metrics` so many each. Admins are limited in token counting alone.',
    { to: 'freeRequestsPerMinute', default: 600 },
  ),
  allow_evicting_redis: own(
    'flag',
    'Counts in the Redis of `cache_params` although it may drop counters (`maxmemory-policy` other than `noeviction`). Budgets then hold only as long as it drops none.',
    { to: 'allowEvictingRedis', default: false },
  ),
  journal_fsync: own(
    'flag',
    'Waits for the disk before a request is sent: its claim then survives the end of the machine, not only of the process.',
    { to: 'stores.journalFsync', default: false },
  ),
  serve_without_journal: own(
    'flag',
    'Serves requests that cannot be written down (disk full), and says so; false refuses them.',
    { to: 'stores.serveWithoutJournal', default: true },
  ),
} satisfies SettingRows;
