import type { JsonObject } from '../core/json.ts';
import { conversationOf, formatParts } from '../formats/index.ts';
import { applyRules } from '../providers/apply-rules.ts';
import type { OperationId, ProviderOperation } from '../providers/provider.ts';
import type { Deployment } from '../snapshot/deployment.ts';

/** Enough for models that refuse to think in less. */
const PROBE_TOKENS = 16;

/** Makes the smallest request of a conversational operation: one word, and as few tokens as every model takes. */
export function conversationProbe(id: OperationId) {
  return (deployment: Deployment, operation: ProviderOperation): JsonObject => {
    const { maxTokens = PROBE_TOKENS, params } = deployment.config.healthCheck ?? {};
    const { model, traits } = deployment;
    const { body } = conversationOf(formatParts(operation.format)).writeRequest(
      {
        model,
        turns: [{ role: 'user', parts: [{ type: 'text', text: 'test' }] }],
        sampling: {},
        maxOutputTokens: maxTokens,
        stream: false,
        streamUsage: false,
        extensions: { format: operation.format, fields: {} },
      },
      { model, traits },
    );
    return applyRules({ ...body, ...params }, deployment.rules(id, operation), []).body;
  };
}
