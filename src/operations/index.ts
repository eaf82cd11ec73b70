/** Every operation, by its id. */
import type { LaneChoice } from '../lanes/choose-lane.ts';
import { relay } from '../lanes/relay/relay.ts';
import type { Travel } from '../lanes/travel.ts';
import type { OperationId } from '../providers/provider.ts';
import { chat } from './chat.ts';
import { compact } from './compact.ts';
import { completion } from './completion.ts';
import { countTokens } from './count-tokens.ts';
import { embedding } from './embedding.ts';
import type { Operation } from './operation.ts';
import { response } from './response.ts';

/** A further operation is a row here, a file beside this one, and an id in `OperationId`. */
export const OPERATIONS: Readonly<Record<OperationId, Operation>> = {
  chat,
  response,
  compact,
  completion,
  embedding,
  'count-tokens': countTokens,
};

/** How a request travels along the lane that was chosen; undefined if the operation cannot. */
export function travelOf({ lane, operationName }: LaneChoice): Travel | undefined {
  return lane === 'relay' ? relay : OPERATIONS[operationName].translation;
}
