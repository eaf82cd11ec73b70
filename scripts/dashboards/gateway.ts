import type { Dashboard } from './dashboard.ts';
import { rate } from './expressions.ts';

const JOB = 'job="sluice"';

/** The gateway itself: its processes and its stores. */
export const gateway: Dashboard = {
  name: 'gateway',
  title: 'the gateway itself',
  about: 'CPU, memory, event loop, overload, Redis, the database, the journal.',
  rows: [
    {
      title: 'Stores',
      panels: [
        { title: 'Instances', about: 'That answer the scraper.', kind: 'stat', queries: [{ expr: `sum(up{${JOB}})` }] },
        {
          title: 'Redis',
          about: '1 if every instance reaches it. Empty without a Redis.',
          kind: 'stat',
          queries: [{ expr: 'min(sluice_redis_up)' }],
        },
        {
          title: 'Database',
          about: '1 if every instance reaches it.',
          kind: 'stat',
          queries: [{ expr: 'min(sluice_database_up)' }],
        },
        {
          title: 'Waits for the ledger',
          about: 'Finished requests that are in the journal only.',
          kind: 'stat',
          queries: [{ expr: 'sum(sluice_journal_waiting)' }],
        },
        {
          title: 'Open claims',
          about: 'Requests that hold part of a limit.',
          kind: 'stat',
          queries: [{ expr: 'sum(sluice_claims_open)' }],
        },
        {
          title: 'Waits for a budget',
          about: 'Requests that wait until others release what they hold.',
          kind: 'stat',
          queries: [{ expr: 'sum(sluice_budget_waiting)' }],
        },
      ],
    },
    {
      title: 'Processes',
      panels: [
        {
          title: 'CPU',
          about: 'Cores.',
          queries: [{ expr: `rate(process_cpu_seconds_total{${JOB}}[$__rate_interval])`, legend: '{{instance}}' }],
        },
        {
          title: 'Memory',
          about: 'Resident.',
          unit: 'bytes',
          queries: [{ expr: `process_resident_memory_bytes{${JOB}}`, legend: '{{instance}}' }],
        },
        {
          title: 'Event loop',
          about: 'How late it has been all the time in the last seconds.',
          unit: 's',
          queries: [{ expr: 'sluice_event_loop_lag_seconds', legend: '{{instance}}' }],
        },
        {
          title: 'Requests in flight',
          about: 'By instance.',
          queries: [{ expr: 'litellm_in_flight_requests', legend: '{{instance}}' }],
        },
        {
          title: 'Bytes under way',
          about: 'Against the limit at which new requests are refused.',
          unit: 'percentunit',
          queries: [{ expr: 'sluice_bytes_under_way / sluice_bytes_under_way_limit', legend: '{{instance}}' }],
        },
        {
          title: 'Refused by overload',
          about: 'By what was exhausted.',
          unit: 'reqps',
          queries: ['bytes', 'key_share', 'event_loop', 'connections'].map((each) => ({
            expr: rate(`sluice_overload_refused_${each}_total`),
            legend: each.replace('_', ' '),
          })),
        },
        {
          title: 'Garbage collection',
          about: 'Share of the time, by kind.',
          unit: 'percentunit',
          queries: [{ expr: rate('nodejs_gc_duration_seconds_sum', 'kind'), legend: '{{kind}}' }],
        },
        {
          title: 'Lanes',
          about: 'Requests whose bytes were relayed, and those that were translated.',
          unit: 'reqps',
          isStacked: true,
          queries: [{ expr: rate('sluice_lane_total', 'lane, reason'), legend: '{{lane}} {{reason}}' }],
        },
        {
          title: 'Dropped telemetry',
          about: 'Log lines and records that a slow reader never saw.',
          unit: 'reqps',
          queries: [
            { expr: rate('sluice_log_lines_dropped_total'), legend: 'log lines' },
            { expr: rate('sluice_settled_dropped_total'), legend: 'records' },
          ],
        },
        {
          title: 'Sets of labels',
          about: 'Held for /metrics, and requests beyond the bound.',
          queries: [
            { expr: 'sum(sluice_metric_series)', legend: 'held' },
            { expr: 'sum(increase(sluice_metric_series_overflow_total[1h]))', legend: 'beyond the bound, last hour' },
          ],
        },
        {
          title: 'Dropped fields',
          about: 'Of requests, because the provider cannot take them.',
          unit: 'reqps',
          queries: [{ expr: rate('sluice_dropped_fields_total', 'model_group'), legend: '{{model_group}}' }],
        },
        {
          title: 'Versions',
          about: 'What runs.',
          kind: 'table',
          queries: [{ expr: 'sum by (instance, version, node_version) (sluice_build_info)' }],
        },
      ],
    },
  ],
};
