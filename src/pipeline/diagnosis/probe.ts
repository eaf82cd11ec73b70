/** Asks a deployment for as little as it can answer, in the way its model is asked. */
import type { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { writeEmbeddingRequest } from '../../formats/gemini-generate/index.ts';
import { formatParts } from '../../formats/index.ts';
import type { Problem } from '../../lanes/answer-problem.ts';
import { applyRules } from '../../providers/apply-rules.ts';
import type { Operation, ProviderOperation } from '../../providers/provider.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { Upstream, UpstreamFault } from '../../upstream/upstream.ts';
import { errorOfProblem, errorOfResponse } from '../answering/failure.ts';
import type { Parts } from '../parts.ts';

const PROBE_TIMEOUT_MS = 30_000;
const LARGEST_ANSWER_BYTES = 1_048_576;
/** Enough for models that refuse to think in less. */
const PROBE_TOKENS = 16;

/** What the modes of `model_info` are asked by. Others (images, speech, ranking) have no request small enough to send unasked. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  chat: 'chat',
  responses: 'chat',
  completion: 'completion',
  embedding: 'embedding',
};

interface ProbeWay {
  readonly name: Operation;
  readonly operation: ProviderOperation;
}

/** Whether there is a request to ask a deployment with. */
export function canProbe(deployment: Deployment): boolean {
  return wayOf(deployment) !== undefined;
}

/**
 * Sends the request. Resolves to nothing when it was answered, to what is wrong otherwise; one that was aborted resolves to
 * `client_gone`.
 */
export function probe(
  deployment: Deployment,
  { upstream, clock }: Pick<Parts, 'upstream' | 'clock'>,
  signal?: AbortSignal,
): Promise<GatewayError | undefined> {
  const way = wayOf(deployment);
  if (way === undefined) return Promise.resolve(undefined);
  const { name, operation } = way;
  const call = deployment.call(name, operation, false);
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
        body: Buffer.from(JSON.stringify(probeBody(deployment, way))),
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
  const { mode } = deployment.priced.facts;
  // Embedding models are seldom configured with their mode, and always named for what they do.
  const isEmbedding = mode === undefined && /embed/i.test(deployment.model);
  const wanted = isEmbedding ? 'embedding' : OPERATIONS[mode ?? 'chat'];
  if (wanted === undefined) return undefined;
  const own = deployment.operation(wanted);
  if (own !== undefined) return { name: wanted, operation: own };
  const chat = wanted === 'completion' ? deployment.operation('chat') : undefined;
  return chat === undefined ? undefined : { name: 'chat', operation: chat };
}

/** The body of the request: the model's own shape, with what `model_info` says of it. */
export function probeBody(deployment: Deployment, { name, operation }: ProbeWay): JsonObject {
  const { maxTokens = PROBE_TOKENS, params } = deployment.config.healthCheck ?? {};
  const { model } = deployment;
  if (name === 'embedding') {
    if (operation.format !== 'openai-embeddings') return { ...writeEmbeddingRequest(['test'], { model }), ...params };
    return { model, input: 'test', ...params };
  }
  const { conversation } = formatParts(operation.format);
  if (conversation === undefined) throw new RangeError(`${operation.format} is no conversation`);
  const { body } = conversation.writeRequest(
    {
      model,
      turns: [{ role: 'user', parts: [{ type: 'text', text: 'test' }] }],
      sampling: {},
      maxOutputTokens: maxTokens,
      stream: false,
      streamUsage: false,
      extensions: { format: operation.format, fields: {} },
    },
    { model, traits: deployment.traits },
  );
  return applyRules({ ...body, ...params }, deployment.rules(name, operation), []).body;
}

function isJson(body: Buffer): boolean {
  try {
    JSON.parse(body.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}
