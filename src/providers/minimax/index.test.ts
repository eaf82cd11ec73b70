import type { JsonValue } from '../../core/json.ts';
import { testFailures } from '../test/failed-answer.ts';
import { minimax } from './index.ts';

const coded = (status_code: number, status_msg: string): JsonValue => ({ base_resp: { status_code, status_msg } });
const error = (type: string, message: string): JsonValue => ({
  type: 'error',
  error: { type, message, http_code: '400' },
});

testFailures(minimax, [
  ['upstream_auth', 200, coded(1004, 'login fail: Please carry the API secret key')],
  ['upstream_payment', 200, coded(1008, 'insufficient balance')],
  ['upstream_rate_limit', 200, coded(1002, 'rate limit exceeded(RPM)')],
  ['upstream_content_policy', 200, coded(1026, 'input new_sensitive')],
  ['upstream_server_error', 200, coded(1000, 'unknown error')],
  ['upstream_context_window', 400, error('bad_request_error', 'invalid params, context window exceeds limit (2013)')],
  ['upstream_bad_request', 400, error('bad_request_error', 'invalid params, unknown model (2013)')],
  ['upstream_auth', 401, error('authorized_error', 'invalid api key (2049)')],
]);
