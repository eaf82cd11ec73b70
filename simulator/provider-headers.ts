import type { Family } from './sending/reply.ts';

/** The headers that a family's provider puts on each answer. */
export function providerHeaders(
  family: Family,
  requestId: string,
  isAzure: boolean,
  nowMs: number,
): Record<string, string> {
  const reset = `${new Date(nowMs + 1000).toISOString().slice(0, 19)}Z`;
  switch (family) {
    case 'openai':
    case 'responses':
      return {
        'x-request-id': requestId,
        'openai-organization': 'simulated',
        'openai-processing-ms': '12',
        'openai-version': '2020-10-01',
        'x-ratelimit-limit-requests': '10000',
        'x-ratelimit-limit-tokens': '2000000',
        'x-ratelimit-remaining-requests': '9999',
        'x-ratelimit-remaining-tokens': '1999975',
        'x-ratelimit-reset-requests': '6ms',
        'x-ratelimit-reset-tokens': '0s',
        ...(isAzure
          ? { 'apim-request-id': requestId, 'x-ms-region': 'Simulated', 'azureml-model-session': 'd001' }
          : {}),
      };
    case 'anthropic':
      return {
        'request-id': requestId,
        'anthropic-organization-id': 'simulated',
        'anthropic-ratelimit-requests-limit': '4000',
        'anthropic-ratelimit-requests-remaining': '3999',
        'anthropic-ratelimit-requests-reset': reset,
        'anthropic-ratelimit-tokens-limit': '480000',
        'anthropic-ratelimit-tokens-remaining': '480000',
        'anthropic-ratelimit-tokens-reset': reset,
        'anthropic-ratelimit-input-tokens-limit': '400000',
        'anthropic-ratelimit-input-tokens-remaining': '400000',
        'anthropic-ratelimit-input-tokens-reset': reset,
        'anthropic-ratelimit-output-tokens-limit': '80000',
        'anthropic-ratelimit-output-tokens-remaining': '80000',
        'anthropic-ratelimit-output-tokens-reset': reset,
      };
    case 'gemini':
      return {
        vary: 'Origin, X-Origin, Referer',
        'server-timing': 'gfet4t7; dur=12',
        'x-content-type-options': 'nosniff',
      };
  }
}
