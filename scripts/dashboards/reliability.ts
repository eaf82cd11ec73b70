import type { Dashboard } from './dashboard.ts';
import { FAILED, quantile, REQUESTS, rate, SERVER_FAULT, share } from './expressions.ts';

/** What fails, where, and what the gateway does about it. */
export const reliability: Dashboard = {
  name: 'reliability',
  title: 'reliability',
  about:
    'Failures of clients, the gateway and providers; retries, fallbacks, hedges, breakers; the limits of providers.',
  rows: [
    {
      title: 'Failures',
      panels: [
        {
          title: 'Share that fails by us or a provider',
          about: 'Answered with a 5xx. The error budget of 99.9 % is one of a thousand.',
          unit: 'percentunit',
          queries: [{ expr: share(rate(FAILED, '', SERVER_FAULT), rate(REQUESTS)), legend: 'failed' }],
        },
        {
          title: 'Failures by kind',
          about: 'The errors that clients got.',
          unit: 'reqps',
          isStacked: true,
          queries: [{ expr: rate(FAILED, 'exception_class'), legend: '{{exception_class}}' }],
        },
        {
          title: 'Clients that hung up',
          about: 'Before their answer was whole.',
          unit: 'reqps',
          queries: [{ expr: rate('sluice_client_disconnects_total', 'model_group'), legend: '{{model_group}}' }],
        },
      ],
    },
    {
      title: 'Providers',
      panels: [
        {
          title: 'Failed calls by deployment',
          about: 'Retried ones too.',
          unit: 'reqps',
          queries: [
            {
              expr: rate('litellm_deployment_failure_responses_total', 'litellm_model_name, exception_status'),
              legend: '{{litellm_model_name}} {{exception_status}}',
            },
          ],
        },
        {
          title: 'Calls by deployment',
          about: 'How requests are spread.',
          unit: 'reqps',
          isStacked: true,
          queries: [
            {
              expr: rate('litellm_deployment_total_requests_total', 'litellm_model_name, api_base'),
              legend: '{{litellm_model_name}} {{api_base}}',
            },
          ],
        },
        {
          title: 'Seconds for each output token',
          about: 'How fast a deployment writes, median.',
          unit: 's',
          queries: [
            {
              expr: quantile(0.5, 'litellm_deployment_latency_per_output_token', 'litellm_model_name'),
              legend: '{{litellm_model_name}}',
            },
          ],
        },
      ],
    },
    {
      title: 'What the gateway does about it',
      panels: [
        {
          title: 'State of deployments',
          about: '0 healthy, 1 failed lately, 2 out of rotation.',
          queries: [
            {
              expr: 'max by (litellm_model_name, api_base) (litellm_deployment_state)',
              legend: '{{litellm_model_name}} {{api_base}}',
            },
          ],
        },
        {
          title: 'Out of rotation by group',
          about: 'Share of the deployments of a group.',
          unit: 'percentunit',
          queries: [
            {
              expr: 'max by (model_group) (sluice_group_deployments_resting) / max by (model_group) (sluice_group_deployments)',
              legend: '{{model_group}}',
            },
          ],
        },
        {
          title: 'Taken out of rotation',
          about: 'In the last hour, by what the provider answered.',
          queries: [
            {
              expr: 'sum by (litellm_model_name, exception_status) (increase(litellm_deployment_cooled_down_total[1h]))',
              legend: '{{litellm_model_name}} {{exception_status}}',
            },
          ],
        },
        {
          title: 'Fallbacks',
          about: 'Requests that another group answered, or failed to.',
          unit: 'reqps',
          queries: [
            {
              expr: rate('litellm_deployment_successful_fallbacks_total', 'requested_model, fallback_model'),
              legend: '{{requested_model}} → {{fallback_model}}',
            },
            {
              expr: rate('litellm_deployment_failed_fallbacks_total', 'requested_model, fallback_model'),
              legend: '{{requested_model}} → {{fallback_model}} failed',
            },
          ],
        },
        {
          title: 'Hedges',
          about: 'Second attempts beside late ones.',
          unit: 'reqps',
          queries: [{ expr: rate('sluice_hedges_total', 'outcome'), legend: '{{outcome}}' }],
        },
        {
          title: 'What providers still allow',
          about: 'Requests until their own rate limit, as they last said. Empty if none says so.',
          queries: [
            {
              expr: 'min by (litellm_model_name) (litellm_remaining_requests_metric)',
              legend: '{{litellm_model_name}}',
            },
          ],
        },
      ],
    },
  ],
};
