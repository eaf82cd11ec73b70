import type { Dashboard } from './dashboard.ts';
import { rate, SPEND, share, total } from './expressions.ts';

/** What is spent, and what caches save. */
export const money: Dashboard = {
  name: 'money',
  title: 'money and savings',
  about: 'Spend by model, team and key; what was read from caches; what cannot be priced.',
  rows: [
    {
      title: 'Spend',
      panels: [
        {
          title: 'Spend',
          about: 'In the window shown.',
          kind: 'stat',
          unit: 'currencyUSD',
          queries: [{ expr: total(SPEND) }],
        },
        {
          title: 'USD per hour',
          about: 'At the rate of the last minutes.',
          kind: 'stat',
          unit: 'currencyUSD',
          queries: [{ expr: `${rate(SPEND)} * 3600` }],
        },
        {
          title: 'USD for a thousand requests',
          about: 'Of requests that a model answered.',
          kind: 'stat',
          unit: 'currencyUSD',
          queries: [{ expr: `1000 * ${rate(SPEND)} / ${rate('litellm_requests_metric_total')}` }],
        },
        {
          title: 'Requests without a price',
          about: 'In the window shown: their cost is unknown, and no budget counts it.',
          kind: 'stat',
          queries: [{ expr: `${total('sluice_unpriced_requests_total')} or vector(0)` }],
        },
        {
          title: 'Usage counted by us',
          about: 'Requests in the window shown whose provider reported no usage.',
          kind: 'stat',
          queries: [{ expr: `${total('sluice_estimated_usage_requests_total')} or vector(0)` }],
        },
        {
          title: 'Costs that wait for the ledger',
          about: 'Finished requests that reports do not have yet.',
          kind: 'stat',
          queries: [{ expr: 'sum(sluice_journal_waiting)' }],
        },
      ],
    },
    {
      title: 'Who spends',
      panels: [
        {
          title: 'Models',
          about: 'USD per hour.',
          unit: 'currencyUSD',
          isStacked: true,
          queries: [{ expr: `${rate(SPEND, 'model')} * 3600`, legend: '{{model}}' }],
        },
        {
          title: 'Teams',
          about: 'USD in the window shown.',
          kind: 'bargauge',
          unit: 'currencyUSD',
          queries: [{ expr: `topk(10, ${total(SPEND, 'team_alias')})`, legend: '{{team_alias}}' }],
        },
        {
          title: 'Keys',
          about: 'USD in the window shown.',
          kind: 'bargauge',
          unit: 'currencyUSD',
          queries: [{ expr: `topk(10, ${total(SPEND, 'api_key_alias')})`, legend: '{{api_key_alias}}' }],
        },
      ],
    },
    {
      title: 'Caches',
      panels: [
        {
          title: "Input from the providers' prompt caches",
          about: 'Share of all input tokens.',
          unit: 'percentunit',
          queries: [
            {
              expr: share(rate('litellm_input_cached_tokens_metric_total'), rate('litellm_input_tokens_metric_total')),
              legend: 'read',
            },
            {
              expr: share(
                rate('litellm_input_cache_creation_tokens_metric_total'),
                rate('litellm_input_tokens_metric_total'),
              ),
              legend: 'written',
            },
          ],
        },
        {
          title: 'Cached answers',
          about: 'Requests that may be cached.',
          unit: 'reqps',
          isStacked: true,
          queries: [
            { expr: rate('sluice_answer_cache_hits_total'), legend: 'hits' },
            { expr: rate('sluice_answer_cache_misses_total'), legend: 'misses' },
            { expr: rate('sluice_answer_cache_joined_total'), legend: 'of the hits: joined' },
          ],
        },
        {
          title: 'Tokens of cached answers',
          about: 'What no provider was paid for, per second.',
          unit: 'tps',
          queries: [{ expr: rate('litellm_cached_tokens_metric_total', 'model'), legend: '{{model}}' }],
        },
        {
          title: 'Marks for prompt caches',
          about: 'Requests that were marked by the gateway, and those in which no mark was expected to pay.',
          unit: 'reqps',
          queries: [
            { expr: rate('sluice_prompt_cache_marked_requests_total'), legend: 'marked' },
            { expr: rate('sluice_prompt_cache_unmarked_requests_total'), legend: 'not marked' },
          ],
        },
        {
          title: 'Instructions that change early',
          about:
            'Requests whose head differs from others by a time, an id or a name, so that no prompt cache finds the rest.',
          unit: 'reqps',
          queries: [{ expr: rate('sluice_prompt_cache_volatile_heads_total'), legend: 'requests' }],
        },
        {
          title: 'Failures of the store',
          about: 'Look-ups and writes of the answer cache that were not answered in time.',
          unit: 'reqps',
          queries: [{ expr: rate('sluice_answer_cache_store_failures_total'), legend: 'failures' }],
        },
      ],
    },
  ],
};
