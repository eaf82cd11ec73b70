import { openAiError, testFailures } from '../test/failed-answer.ts';
import { togetherAi } from './index.ts';

const INVALID = 'invalid_request_error';

testFailures(togetherAi, [
  [
    'upstream_auth',
    401,
    openAiError(
      'Invalid API key provided. You can find your API key at https://api.together.ai/settings/api-keys.',
      INVALID,
      'invalid_api_key',
    ),
  ],
  ['upstream_payment', 402, openAiError('Credit limit exceeded, please navigate to billing', 'credit_limit')],
  [
    'upstream_context_window',
    422,
    openAiError(
      'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 4000 `inputs` tokens and 512 `max_new_tokens`',
      INVALID,
    ),
  ],
  [
    'upstream_not_found',
    404,
    openAiError(
      'Unable to access model x. Please visit https://api.together.ai/models.',
      INVALID,
      'model_not_available',
    ),
  ],
  [
    'upstream_rate_limit',
    429,
    openAiError('You have reached the rate limit specific to this model.', 'model_rate_limit'),
  ],
  [
    'upstream_overloaded',
    503,
    openAiError('The server is overloaded or not ready yet.', 'server_error', 'service_unavailable'),
  ],
]);
