/** Sends a deployment the smallest request of the operation that its model is made for. */
import type { GatewayError } from '../../core/errors.ts';
import type { Problem } from '../../lanes/answer-problem.ts';
import { OPERATIONS } from '../../operations/index.ts';
import type { Operation } from '../../operations/operation.ts';
import type { OperationId, ProviderOperation } from '../../providers/provider.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { Upstream, UpstreamFault } from '../../upstream/upstream.ts';
import { errorOfProblem, errorOfResponse } from '../answering/failure.ts';
import type { Parts } from '../parts.ts';

const PROBE_TIMEOUT_MS = 30_000;
const LARGEST_ANSWER_BYTES = 1_048_576;
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
 * Sends the request. Resolves to undefined if it was answered, else to what is wrong; an aborted request resolves to
 * `client_gone`.
 */
export function probe(
  deployment: Deployment,
  { upstream, clock }: Pick<Parts, 'upstream' | 'clock'>,
  signal?: AbortSignal,
): Promise<GatewayError | undefined> {
  const way = wayOf(deployment);
  if (way === undefined) return Promise.resolve(undefined);
  const { id, operation, probeBody } = way;
  const call = deployment.call(id, operation, false);
  const timeoutMs = deployment.config.healthCheck?.timeoutMs ?? PROBE_TIMEOUT_MS;
  return new Promise((resolve) => {
    let flight: ReturnType<Upstream['send']> | undefined;
    const settle = (error: GatewayError | undefined): void => {
      // The signal outlives thousands of probes.
      signal?.removeEventListener('abort', callOff);
      resolve(error);
    };
    const callOff = (): void => flight?.abort('the health check was called off');
    const failed = (problem: Problem): void => settle(errorOfProblem(deployment, problem, clock.nowMs()));
    const onFault = (fault: UpstreamFault): void => failed({ kind: 'fault', fault });
    flight = upstream.send(
      {
        method: 'POST',
        origin: call.origin,
        path: call.path,
        headers: call.headers,
        body: Buffer.from(JSON.stringify(probeBody(deployment, operation))),
        timeouts: { firstByteMs: timeoutMs, idleMs: timeoutMs, totalMs: timeoutMs, slowClientMs: timeoutMs },
        maxResponseBytes: LARGEST_ANSWER_BYTES,
      },
      {
        onHead: (status, headers) => {
          const chunks: Buffer[] = [];
          return {
            onData: (chunk) => {
              chunks.push(chunk);
              flight?.contentBegan();
            },
            onEnd: () => {
              const body = Buffer.concat(chunks);
              if (status >= 300)
                settle(errorOfResponse(deployment, operation.format, { status, headers, body }, clock.nowMs()));
              else if (isJson(body)) settle(undefined);
              else failed({ kind: 'malformed', detail: 'it is not JSON' });
            },
            onFault,
          };
        },
        onFault,
      },
    );
    signal?.addEventListener('abort', callOff, { once: true });
  });
}

function wayOf(deployment: Deployment): ProbeWay | undefined {
  const asked = operationOf(deployment);
  if (asked === undefined) return undefined;
  for (const each of [asked, asked.standIn]) {
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

function isJson(body: Buffer): boolean {
  try {
    JSON.parse(body.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}
