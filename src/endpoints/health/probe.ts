import type { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { formatParts } from '../../formats/index.ts';
import { editObject } from '../../lanes/edit-request.ts';
import type { Deployment } from '../../pipeline/deployment.ts';
import { errorOfProblem, errorOfResponse } from '../../pipeline/failure.ts';
import type { Parts } from '../../pipeline/parts.ts';
import type { Operation, ProviderOperation } from '../../providers/provider.ts';
import type { UpstreamHeaders } from '../../upstream/upstream.ts';

const PROBE_TIMEOUT_MS = 30_000;
const LARGEST_ANSWER_BYTES = 1_048_576;
/** Enough for models that refuse to think in less. */
const PROBE_TOKENS = 16;

/** Asks a deployment for a few tokens. Resolves to nothing when it answered, to what is wrong otherwise. */
export function probe(deployment: Deployment, parts: Parts): Promise<GatewayError | undefined> {
  const name: Operation = deployment.priced.facts.mode === 'embedding' ? 'embedding' : 'chat';
  const operation = deployment.operation(name) ?? deployment.operation('chat');
  if (operation === undefined) return Promise.resolve(undefined);
  const call = deployment.call(name, operation, false);
  return new Promise((resolve) => {
    let status = 0;
    let headers: UpstreamHeaders = {};
    const chunks: Buffer[] = [];
    const { clock } = parts;
    parts.upstream.send(
      {
        method: 'POST',
        origin: call.origin,
        path: call.path,
        headers: call.headers,
        body: Buffer.from(JSON.stringify(probeBody(deployment, name, operation))),
        timeouts: {
          firstByteMs: PROBE_TIMEOUT_MS,
          idleMs: PROBE_TIMEOUT_MS,
          totalMs: PROBE_TIMEOUT_MS,
          slowClientMs: PROBE_TIMEOUT_MS,
        },
        maxResponseBytes: LARGEST_ANSWER_BYTES,
      },
      {
        onHead: (answerStatus, answerHeaders) => {
          status = answerStatus;
          headers = answerHeaders;
        },
        onData: (chunk) => chunks.push(chunk),
        onEnd: () => {
          const body = Buffer.concat(chunks);
          if (status < 300) resolve(undefined);
          else resolve(errorOfResponse(deployment, operation.format, { status, headers, body }, clock.nowMs()));
        },
        onFault: (fault) => resolve(errorOfProblem(deployment, { kind: 'fault', fault }, clock.nowMs())),
      },
    );
  });
}

function probeBody(deployment: Deployment, name: Operation, operation: ProviderOperation): JsonObject {
  const { conversation } = formatParts(operation.format);
  if (name === 'embedding' || conversation === undefined) return { model: deployment.model, input: 'test' };
  const { body } = conversation.writeRequest(
    {
      model: deployment.model,
      turns: [{ role: 'user', parts: [{ type: 'text', text: 'test' }] }],
      sampling: {},
      maxOutputTokens: PROBE_TOKENS,
      stream: false,
      streamUsage: false,
      extensions: { format: operation.format, fields: {} },
    },
    { model: deployment.model, traits: deployment.traits },
  );
  return editObject(body, deployment.rules(name, operation), []).body;
}
