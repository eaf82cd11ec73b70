import { openAiError, testFailures } from '../test/failed-answer.ts';
import { dashscope } from './index.ts';

const error = (code: string, message: string) => openAiError(message, code, code);

testFailures(dashscope, [
  ['upstream_auth', 401, error('invalid_api_key', 'Incorrect API key provided.')],
  ['upstream_payment', 400, error('Arrearage', 'Access denied, please make sure your account is in good standing.')],
  ['upstream_payment', 403, error('AllocationQuota.FreeTierOnly', 'The free tier of the model has been exhausted.')],
  ['upstream_content_policy', 400, error('data_inspection_failed', 'Input data may contain inappropriate content.')],
  ['upstream_context_window', 400, error('invalid_parameter_error', 'Range of input length should be [1, 30720]')],
  ['upstream_rate_limit', 429, error('limit_requests', 'You exceeded your current requests list.')],
  [
    'upstream_rate_limit',
    429,
    { code: 'Throttling.RateQuota', message: 'Requests rate limit exceeded, please try again later.', request_id: '1' },
  ],
  [
    'upstream_not_found',
    404,
    error('model_not_found', 'The model `qwen-9` does not exist or you do not have access to it.'),
  ],
  ['upstream_permission', 403, error('AccessDenied.Unpurchased', 'Access to model denied.')],
]);
