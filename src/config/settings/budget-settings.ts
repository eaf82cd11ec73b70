/** Settings of `budget_settings`: ours, how budgets and limits are kept. */
import { own, type SettingTable, table } from './setting.ts';

const WHEN_AWAY = ['open', 'closed', 'share'] as const;

/** Kinds of accounts that limits hang on. */
export const SCOPE_KINDS = [
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

/** The members of `budget_settings`. */
export const BUDGET_SETTINGS: SettingTable = table({
  mode: own(
    ['learned', 'strict'],
    'What is reserved for a request until its cost is known. `strict`: the most it can cost, so that no budget is ever exceeded. `learned`: what such requests have cost, so that a budget can be used up.',
    'learned',
  ),
  debt_ratio: own(
    'ratio',
    '`learned`: how far beyond a budget the requests under way may together be expected to run, as a share of it.',
    '0.005',
  ),
  when_away: own(
    'any',
    'What is done with limits while the Redis that instances share is away: `open` does not check them, `closed` refuses, `share` gives each instance an equal part of what was left. One word, or a map by kind: `platform`, `organization`, `organization_member`, `team`, `team_member`, `user`, `customer`, `key`, `tag`, `deployment`, `provider`.',
    '`share`; `open` for deployments and providers',
  ),
  journal_fsync: own(
    'flag',
    'Waits for the disk before a request is sent: its claim then survives the end of the machine, not only of the process.',
    'false',
  ),
  serve_without_journal: own(
    'flag',
    'Serves requests that cannot be written down (disk full), and says so; false refuses them.',
    'true',
  ),
  alert_webhooks: own('texts', 'Addresses that budget alerts are posted to as JSON.'),
  alert_slack: own('texts', 'Addresses that budget alerts are posted to as Slack messages.'),
  alert_signing_secret: own('secret', 'Signs the posts to `alert_webhooks`.'),
});

/** The members of `when_away` where it is a map. */
export const WHEN_AWAY_BY_KIND: SettingTable = new Map(
  SCOPE_KINDS.map((kind) => [kind, own(WHEN_AWAY, `Limits of this kind: ${kind}.`)]),
);
