import type { Dashboard } from './dashboard.ts';
import { FAILED, FIRST_TOKEN, LATENCY, OVERHEAD, quantile, REQUESTS, rate } from './expressions.ts';

const ASKED = 'requested_model="$group"';
const GROUP = 'model_group="$group"';

/** One model group. */
export const group: Dashboard = {
  name: 'group',
  title: 'one model group',
  about: 'Who answers for a group, how fast, what fails, and where requests go instead.',
  variables: [{ name: 'group', label: 'Group', query: 'label_values(sluice_group_deployments, model_group)' }],
  rows: [
    {
      title: '$group',
      panels: [
        {
          title: 'Requests by status',
          about: 'Requests per second.',
          unit: 'reqps',
          isStacked: true,
          queries: [{ expr: rate(REQUESTS, 'status_code', ASKED), legend: '{{status_code}}' }],
        },
        {
          title: 'Deployments',
          about: 'How many there are, and how many are out of rotation.',
          queries: [
            { expr: `max(sluice_group_deployments{${GROUP}})`, legend: 'all' },
            { expr: `max(sluice_group_deployments_resting{${GROUP}})`, legend: 'out of rotation' },
          ],
        },
        {
          title: 'Failures by kind',
          about: 'The errors that clients got.',
          unit: 'reqps',
          queries: [{ expr: rate(FAILED, 'exception_class', ASKED), legend: '{{exception_class}}' }],
        },
        {
          title: 'Latency',
          about: 'Whole answers.',
          unit: 's',
          queries: [0.5, 0.95, 0.99].map((each) => ({
            expr: quantile(each, LATENCY, '', ASKED),
            legend: `${each * 100} %`,
          })),
        },
        {
          title: 'Time to first token',
          about: 'Of streams.',
          unit: 's',
          queries: [0.5, 0.95].map((each) => ({
            expr: quantile(each, FIRST_TOKEN, '', ASKED),
            legend: `${each * 100} %`,
          })),
        },
        {
          title: 'What the gateway adds',
          about: 'By deployment, 95th percentile.',
          unit: 's',
          queries: [{ expr: quantile(0.95, OVERHEAD, 'litellm_model_name', GROUP), legend: '{{litellm_model_name}}' }],
        },
        {
          title: 'Calls by deployment',
          about: 'How requests are spread.',
          unit: 'reqps',
          isStacked: true,
          queries: [
            {
              expr: rate('litellm_deployment_total_requests_total', 'litellm_model_name, api_base', ASKED),
              legend: '{{litellm_model_name}} {{api_base}}',
            },
          ],
        },
        {
          title: 'Failed calls by deployment',
          about: 'Retried ones too.',
          unit: 'reqps',
          queries: [
            {
              expr: rate('litellm_deployment_failure_responses_total', 'litellm_model_name, exception_status', ASKED),
              legend: '{{litellm_model_name}} {{exception_status}}',
            },
          ],
        },
        {
          title: 'Fallbacks',
          about: 'Groups that answered instead.',
          unit: 'reqps',
          queries: [
            {
              expr: rate('litellm_deployment_successful_fallbacks_total', 'fallback_model', ASKED),
              legend: '{{fallback_model}}',
            },
          ],
        },
      ],
    },
  ],
};
