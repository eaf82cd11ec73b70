import { oneOf } from '../budget-members.ts';
import { openAiCompatible } from '../openai-compatible/index.ts';
import type { Provider } from '../provider.ts';

/** Alibaba Cloud Model Studio (DashScope): the Qwen models, international address; mainland China is dashscope.aliyuncs.com. */
export const dashscope: Provider = openAiCompatible({
  name: 'dashscope',
  title: 'DashScope',
  modelPatterns: ['qwen*', 'qwq-*', 'qvq-*'],
  defaultBaseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
  keyVariables: ['DASHSCOPE_API_KEY'],
  baseUrlVariables: ['DASHSCOPE_API_BASE'],
  // The price list does not have it.
  priceProvider: null,
  operations: ['chat', 'embedding'],
  failures: [
    // https://help.aliyun.com/en/model-studio/error-code (2026-11-23)
    {
      means: 'upstream_payment',
      code: /^(?:Arrearage|PrepaidBillOverdue|PostpaidBillOverdue|CommodityNotPurchased)$/i,
    },
    { means: 'upstream_payment', code: /FreeTierOnly/i, answerWith: 429 },
    { means: 'upstream_content_policy', code: /^(?:DataInspectionFailed|data_inspection_failed|content_filter)$/i },
    { means: 'upstream_context_window', message: /range of (?:input|prompt) length should be|input length exceeds/i },
    {
      means: 'upstream_rate_limit',
      code: /^(?:Throttling(?:\..+)?|LimitRequests|limit_requests|limit_burst_rate|insufficient_quota)$/i,
    },
    { means: 'upstream_auth', code: /^(?:InvalidApiKey|invalid_api_key)$/i },
    { means: 'upstream_permission', code: /^(?:AccessDenied(?:\..+)?|Model\.AccessDenied|access_denied)$/i },
    { means: 'upstream_not_found', code: /^(?:ModelNotFound|model_not_found|ModelNotFound\..+)$/i },
    { means: 'upstream_overloaded', code: /^(?:ModelUnavailable|ModelServingError|ServiceUnavailable)$/i },
    { means: 'upstream_timeout', code: /^(?:RequestTimeOut|ResponseTimeout|InternalError\.Timeout)$/i },
  ],
  underBudget: {
    harmless: ['enable_thinking', 'thinking_budget', 'preserve_thinking', 'top_k', 'repetition_penalty'],
    checked: { enable_search: oneOf(false) },
  },
  source: 'https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope (2026-11-23)',
});
