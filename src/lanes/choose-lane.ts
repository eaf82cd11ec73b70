import { formatParts } from '../formats/index.ts';
import type { Operation, ProviderOperation } from '../providers/provider.ts';
import type { Deployment } from '../snapshot/deployment.ts';
import type { LaneRequest } from './lane-request.ts';

/** How a request travels to one deployment, and why not by bytes where it does not. */
export interface LaneChoice {
  readonly lane: 'relay' | 'translate';
  /** A short word for metrics: `same-format`, or what forced a translation. */
  readonly reason: string;
  readonly operationName: Operation;
  readonly operation: ProviderOperation;
}

/**
 * The relay lane wherever the provider speaks the client's format, the translate lane otherwise. Undefined where the provider
 * has no operation that can answer this endpoint.
 */
export function chooseLane({ endpoint, body }: LaneRequest, deployment: Deployment): LaneChoice | undefined {
  const name = endpoint.operation;
  const own = deployment.operation(name);
  if (own !== undefined && serves(own, name, deployment)) {
    const obstacle =
      own.format === endpoint.format
        ? (formatParts(endpoint.format).conversation?.mustTranslate?.(body) ??
          own.mustTranslate?.(deployment.model, body))
        : undefined;
    if (obstacle !== undefined) return { lane: 'translate', reason: obstacle, operationName: name, operation: own };
    if (own.format === endpoint.format) {
      return { lane: 'relay', reason: 'same-format', operationName: name, operation: own };
    }
    return { lane: 'translate', reason: `${endpoint.format}-to-${own.format}`, operationName: name, operation: own };
  }
  // A legacy completion can be asked of any model that chats.
  const chat = name === 'completion' ? deployment.operation('chat') : undefined;
  if (chat === undefined) return undefined;
  return { lane: 'translate', reason: `${endpoint.format}-to-${chat.format}`, operationName: 'chat', operation: chat };
}

/** Whether the operation is there for this model: what `model_info.mode` says wins over what its name suggests. */
function serves(operation: ProviderOperation, name: Operation, { config, model }: Deployment): boolean {
  const { mode } = config.modelInfo;
  if (name === 'completion' && (mode === 'chat' || mode === 'completion')) return mode === 'completion';
  return operation.serves?.(model) ?? true;
}
