/** Sends a deployment the smallest request of the operation that its model is made for. */

import type { GatewayError } from '../../core/errors.ts';
import { OPERATIONS } from '../../operations/index.ts';
import type { Operation } from '../../operations/operation.ts';
import type { OperationId, ProviderOperation } from '../../providers/provider.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { errorOfMock } from '../answering/mocked-call.ts';
import { sendOwnCall } from '../own-call.ts';
import type { Parts } from '../parts.ts';

const PROBE_TIMEOUT_MS = 30_000;
/** Modes of `model_info` whose models are asked like those of another mode. */
const ASKED_LIKE: ReadonlyMap<string, string> = new Map([['responses', 'chat']]);

interface ProbeWay {
  readonly id: OperationId;
  readonly operation: ProviderOperation;
  readonly probeBody: NonNullable<Operation['probeBody']>;
}

/** Whether there is a request small enough to probe a deployment with. */
export function canProbe(deployment: Deployment): boolean {
  return wayOf(deployment) !== undefined;
}

/**
 * Sends the request, on the platform's account. Resolves to undefined if it was answered, else to what is wrong; an aborted request
 * resolves to `client_gone`.
 */
export async function probe(
  snapshot: Snapshot,
  deployment: Deployment,
  parts: Parts,
  signal?: AbortSignal,
): Promise<GatewayError | undefined> {
  const way = wayOf(deployment);
  if (way === undefined) return undefined;
  const { mock } = deployment;
  if (mock !== undefined) {
    return mock.outcome.kind === 'failure' ? errorOfMock(mock.outcome, deployment) : undefined;
  }
  const { id, operation } = way;
  const body = way.probeBody(deployment, operation);
  const timeoutMs = deployment.config.healthCheck?.timeoutMs ?? PROBE_TIMEOUT_MS;
  const answer = await sendOwnCall(
    { route: '/health', snapshot, deployment, id, operation, body, timeoutMs },
    parts,
    signal,
  );
  return answer.json === undefined ? answer.error : undefined;
}

function wayOf(deployment: Deployment): ProbeWay | undefined {
  const asked = operationOf(deployment);
  if (asked === undefined) return undefined;
  const standIn = asked.standIn === undefined ? undefined : OPERATIONS[asked.standIn.id];
  const isServed = asked.id !== 'chat' || deployment.conversations !== 'responses';
  for (const each of isServed ? [asked, standIn] : [standIn]) {
    const own = each === undefined ? undefined : deployment.operation(each.id);
    if (own !== undefined && each?.probeBody !== undefined)
      return { id: each.id, probeBody: each.probeBody, operation: own };
  }
  return undefined;
}

/** What a model is made for: its mode says so, else its name. */
function operationOf({ priced, model }: Deployment): Operation | undefined {
  const { mode } = priced.facts;
  const operations = Object.values(OPERATIONS);
  if (mode === undefined) return operations.find(({ modelNames }) => modelNames?.test(model)) ?? OPERATIONS.chat;
  const asked = ASKED_LIKE.get(mode) ?? mode;
  return operations.find((operation) => operation.mode === asked);
}
