import type { FailureRow } from '../failure.ts';

/** Statuses under which a failure can be about what was asked. 200 is an error body under a success, 500 some inference servers. */
const REQUEST_STATUSES: readonly number[] = [200, 400, 404, 413, 422, 424, 500];

/**
 * The prompt does not fit the model, in the words of the family's servers (collected from their documentation and issue
 * trackers, 2026-11-23). A limit on the answer alone ("max_tokens is too large … completion tokens") is not among them.
 */
const CONTEXT_WINDOW_WORDS = new RegExp(
  [
    'maximum (?:context|prompt|input|sequence|model) length',
    // vLLM (https://github.com/vllm-project/vllm/blob/main/vllm/v1/engine/processor.py, 2026-11-29) and TGI.
    'max_model_len',
    'too long to fit into the model',
    'inputs` must have less than \\d+ tokens',
    'context[_ ](?:length|window|size)[_ ]?(?:limit|exceeded|exceeds)',
    'exceed(?:s|ed|ing)? (?:the |its |this )?(?:model\\W?s? )?(?:available |maximum |max )?(?:model )?context',
    "exceeds? the (?:model's )?maximum (?:number of tokens|allowed (?:tokens|input)|input)",
    'exceeded model token limit',
    'prompt (?:is|was) too long',
    'prompt exceeds max',
    'prompt contains \\d+ tokens',
    'input is too long',
    'input (?:length|token count)[^.]{0,60}exceed',
    'input length and `?max_tokens`? exceed',
    'range of input length should be',
    'please reduce (?:the length of|your prompt|the number of)',
    'too large for model with \\d+ maximum context',
    'too many (?:input )?tokens in (?:the )?(?:prompt|request)',
    'reduce the length of the messages',
    'inputs` tokens \\+ `max_new_tokens` must be',
    'greater than the context length',
    'when context the overflows',
    'context overflow',
    'string too long\\. expected a string with maximum length',
    'prompt 超长|输入.{0,6}超长',
  ].join('|'),
  'i',
);

/** A content filter spoke, in the words of the family's servers (2026-11-23). */
const CONTENT_POLICY_WORDS = new RegExp(
  [
    'content[ _-]?(?:management|policy|filter)',
    'usage (?:guidelines|polic(?:y|ies))',
    'safety system',
    'content exists risk',
    'considered high risk',
    'inappropriate content',
    'sensitive (?:content|information|words)',
    'flagged (?:as|for|by)',
    'violat\\w+ [^.]{0,60}(?:guidelines|polic(?:y|ies)|terms)',
    '敏感内容',
  ].join('|'),
  'i',
);

/** What failures mean in the family, if a server does not say otherwise. Words first, since statuses differ between servers. */
export const FAMILY_FAILURES: readonly FailureRow[] = [
  {
    means: 'upstream_context_window',
    code: /^(?:context_length_exceeded|context_window_exceeded|context_too_long|token_limit_exceeded|string_too_long|string_above_max_length)$/i,
  },
  {
    means: 'upstream_content_policy',
    code: /^(?:content_filter|content_policy_violation|moderation_blocked|ResponsibleAIPolicyViolation|data_inspection_failed)$/i,
  },
  // Reasoning or a compaction of another account: one of the group may have made it
  // (https://github.com/openai/codex/issues/8119, 2026-11-29).
  { means: 'upstream_foreign_content', code: /^invalid_encrypted_content$/i },
  { means: 'upstream_context_window', status: REQUEST_STATUSES, message: CONTEXT_WINDOW_WORDS },

  // A used-up quota is answered with 429 by OpenAI and its like, but waiting does not help: go elsewhere. The client still
  // gets the 429 that SDKs and LiteLLM's users know. https://developers.openai.com/api/docs/guides/error-codes (2026-11-23)
  {
    means: 'upstream_payment',
    status: [429],
    code: /^(?:insufficient_quota|billing_hard_limit_reached|billing_not_active|exceeded_current_quota_error)$/i,
    answerWith: 429,
  },
  {
    means: 'upstream_payment',
    code: /^(?:insufficient_(?:quota|balance|credits|funds)|billing_hard_limit_reached|billing_not_active|payment_required|arrearage)$/i,
  },
  {
    means: 'upstream_payment',
    status: [200, 400, 401, 403],
    message:
      /insufficient (?:account )?(?:balance|credits|funds)|out of credits|credit balance is too low|account (?:is )?(?:overdue|in arrears)/i,
  },

  // One request above a per-minute limit never fits, no matter how long one waits.
  { means: 'upstream_too_large', status: [429], message: /request too large for/i, answerWith: 429 },
  {
    means: 'upstream_rate_limit',
    code: /^(?:rate_?limit_?(?:exceeded|error|reached)|too_many_requests|throttling_error)$/i,
  },
  { means: 'upstream_overloaded', status: [200, 429, 500], code: /^(?:engine_)?overloaded(?:_error)?$/i },

  {
    means: 'upstream_not_found',
    code: /^(?:model_not_found|model_not_available|invalid_model|model_decommissioned|DeploymentNotFound)$/i,
  },
  {
    means: 'upstream_auth',
    code: /^(?:invalid_api_key|incorrect_api_key|invalid_authentication(?:_error)?|authentication_error|unauthorized)$/i,
  },
  { means: 'upstream_auth', status: [200, 400, 403], message: /\b(?:incorrect|invalid|wrong|missing) api[ _-]?key\b/i },
  // After credentials: "not authorised to use this model under your policy" is no content filter.
  { means: 'upstream_content_policy', status: [200, 400, 403, 422], message: CONTENT_POLICY_WORDS },
  {
    means: 'upstream_not_found',
    status: [200, 400],
    message:
      /\bmodel\b[^.]{0,120}(?:does not exist|not found|is not available|no longer available|has been decommissioned)|unknown model/i,
  },
  { means: 'upstream_timeout', code: /^(?:timeout|timeout_error|request_timeout)$/i },
  {
    means: 'upstream_server_error',
    status: [200],
    code: /^(?:server_error|internal_server_error|internal_error|api_error)$/i,
  },
  { means: 'upstream_bad_request', status: [200], code: /^(?:invalid_request_error|bad_request|invalid_parameter)/i },
];
