import type { Dashboard } from './dashboard.ts';
import { FAILED, REQUESTS, rate, SPEND, total } from './expressions.ts';

const TEAM = 'team_alias="$team"';

/** One team at a time, and the budgets of all. */
export const tenants: Dashboard = {
  name: 'tenants',
  title: 'tenants',
  about: 'What a team asks, spends and has left; who is refused.',
  variables: [
    { name: 'team', label: 'Team', query: 'label_values(litellm_proxy_total_requests_metric_total, team_alias)' },
  ],
  rows: [
    {
      title: 'All budgets',
      panels: [
        {
          title: 'Teams: USD left',
          about: 'The teams with the least left.',
          kind: 'bargauge',
          unit: 'currencyUSD',
          queries: [
            {
              expr: 'bottomk(15, min by (team_alias) (litellm_remaining_team_budget_metric))',
              legend: '{{team_alias}}',
            },
          ],
        },
        {
          title: 'Keys: USD left',
          about: 'The keys with the least left.',
          kind: 'bargauge',
          unit: 'currencyUSD',
          queries: [
            {
              expr: 'bottomk(15, min by (api_key_alias) (litellm_remaining_api_key_budget_metric))',
              legend: '{{api_key_alias}}',
            },
          ],
        },
        {
          title: 'Teams: share of the budget used',
          about: 'Of the period that runs.',
          unit: 'percentunit',
          queries: [
            {
              expr: '1 - min by (team_alias) (litellm_remaining_team_budget_metric) / max by (team_alias) (litellm_team_max_budget_metric)',
              legend: '{{team_alias}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Team $team',
      panels: [
        {
          title: 'Requests by key',
          about: 'Requests per second.',
          unit: 'reqps',
          isStacked: true,
          queries: [{ expr: rate(REQUESTS, 'api_key_alias', TEAM), legend: '{{api_key_alias}}' }],
        },
        {
          title: 'Refused or failed',
          about: 'By the error they got.',
          unit: 'reqps',
          isStacked: true,
          queries: [{ expr: rate(FAILED, 'exception_class', TEAM), legend: '{{exception_class}}' }],
        },
        {
          title: 'Spend by model',
          about: 'USD per hour.',
          unit: 'currencyUSD',
          isStacked: true,
          queries: [{ expr: `${rate(SPEND, 'model', TEAM)} * 3600`, legend: '{{model}}' }],
        },
        {
          title: 'Spend by key',
          about: 'USD in the window shown.',
          kind: 'bargauge',
          unit: 'currencyUSD',
          queries: [{ expr: `topk(15, ${total(SPEND, 'api_key_alias', TEAM)})`, legend: '{{api_key_alias}}' }],
        },
        {
          title: 'Tokens',
          about: 'Tokens per second.',
          unit: 'tps',
          queries: [
            { expr: rate('litellm_input_tokens_metric_total', '', TEAM), legend: 'input' },
            { expr: rate('litellm_output_tokens_metric_total', '', TEAM), legend: 'output' },
          ],
        },
        {
          title: 'Left of the budget',
          about: 'USD, of the period that runs. Empty for a team without a budget.',
          unit: 'currencyUSD',
          queries: [{ expr: `min(litellm_remaining_team_budget_metric{${TEAM}})`, legend: 'left' }],
        },
      ],
    },
  ],
};
