import type { Dashboard } from './dashboard.ts';
import {
  FAILED,
  FIRST_TOKEN,
  LATENCY,
  OVERHEAD,
  quantile,
  REQUESTS,
  rate,
  SERVER_FAULT,
  SPEND,
  share,
  total,
} from './expressions.ts';

/** Volume, latency, errors, tokens, caches, model share, spend: the first look. */
export const overview: Dashboard = {
  name: 'overview',
  title: 'overview',
  about: 'How much is asked, how fast it is answered, what fails and what it costs.',
  rows: [
    {
      title: 'Now',
      panels: [
        {
          title: 'Requests',
          about: 'Requests per second.',
          kind: 'stat',
          unit: 'reqps',
          queries: [{ expr: rate(REQUESTS) }],
        },
        {
          title: 'Failed by us or a provider',
          about: 'Share of requests that were answered with a 5xx.',
          kind: 'stat',
          unit: 'percentunit',
          queries: [{ expr: share(rate(FAILED, '', SERVER_FAULT), rate(REQUESTS)) }],
        },
        {
          title: 'Latency, 95 %',
          about: 'From the first byte of a request to the end of its answer.',
          kind: 'stat',
          unit: 's',
          queries: [{ expr: quantile(0.95, LATENCY) }],
        },
        {
          title: 'In flight',
          about: 'Requests being served.',
          kind: 'stat',
          queries: [{ expr: 'sum(litellm_in_flight_requests)' }],
        },
        {
          title: 'Spend',
          about: 'In the window shown.',
          kind: 'stat',
          unit: 'currencyUSD',
          queries: [{ expr: total(SPEND) }],
        },
        {
          title: 'Answers from cache',
          about: 'Share of the requests that may be cached which were given a cached answer.',
          kind: 'stat',
          unit: 'percentunit',
          queries: [
            {
              expr: share(
                rate('sluice_answer_cache_hits_total'),
                `(${rate('sluice_answer_cache_hits_total')} + ${rate('sluice_answer_cache_misses_total')} > 0)`,
              ),
            },
          ],
        },
      ],
    },
    {
      title: 'Traffic',
      panels: [
        {
          title: 'Requests by route',
          about: 'Requests per second by the path that was asked.',
          unit: 'reqps',
          isStacked: true,
          queries: [{ expr: rate(REQUESTS, 'route'), legend: '{{route}}' }],
        },
        {
          title: 'Requests by status',
          about: 'What clients were answered.',
          unit: 'reqps',
          isStacked: true,
          queries: [{ expr: rate(REQUESTS, 'status_code'), legend: '{{status_code}}' }],
        },
        {
          title: 'Share of models',
          about: 'Answered requests by the model that answered.',
          unit: 'reqps',
          isStacked: true,
          queries: [{ expr: rate('litellm_requests_metric_total', 'model'), legend: '{{model}}' }],
        },
      ],
    },
    {
      title: 'Time',
      panels: [
        {
          title: 'Latency',
          about: 'Whole answers, all models together.',
          unit: 's',
          queries: [0.5, 0.95, 0.99].map((each) => ({ expr: quantile(each, LATENCY), legend: `${each * 100} %` })),
        },
        {
          title: 'Time to first token',
          about: 'Of streams, by model, 95th percentile.',
          unit: 's',
          queries: [{ expr: quantile(0.95, FIRST_TOKEN, 'model'), legend: '{{model}}' }],
        },
        {
          title: 'What the gateway adds',
          about: 'Time of a request that no provider took.',
          unit: 's',
          queries: [0.5, 0.99].map((each) => ({ expr: quantile(each, OVERHEAD), legend: `${each * 100} %` })),
        },
      ],
    },
    {
      title: 'Tokens and money',
      panels: [
        {
          title: 'Tokens',
          about: 'Tokens per second.',
          unit: 'tps',
          queries: [
            { expr: rate('litellm_input_tokens_metric_total'), legend: 'input' },
            { expr: rate('litellm_input_cached_tokens_metric_total'), legend: "input from the provider's cache" },
            { expr: rate('litellm_output_tokens_metric_total'), legend: 'output' },
          ],
        },
        {
          title: 'Spend by model',
          about: 'USD per hour.',
          unit: 'currencyUSD',
          isStacked: true,
          queries: [{ expr: `${rate(SPEND, 'model')} * 3600`, legend: '{{model}}' }],
        },
        {
          title: 'Spend by team',
          about: 'USD per hour.',
          unit: 'currencyUSD',
          isStacked: true,
          queries: [{ expr: `${rate(SPEND, 'team_alias')} * 3600`, legend: '{{team_alias}}' }],
        },
      ],
    },
  ],
};
