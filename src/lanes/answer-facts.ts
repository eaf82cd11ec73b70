import type { JsonObject } from '../core/json.ts';
import type { AnswerFacts } from '../formats/format.ts';
import { formatParts } from '../formats/index.ts';
import type { Deployment } from '../snapshot/deployment.ts';
import { clientBody } from './client-body.ts';
import type { LaneRequest } from './lane-request.ts';

/** About, over all languages and tokenisers. */
const BYTES_PER_TOKEN = 4;

/** The id, model and time in an answer that is written for the client, whose body may be parsed already. */
export function answerFacts(request: LaneRequest, deployment: Deployment, parsedBody?: JsonObject): AnswerFacts {
  const fellBack = request.servedGroup !== request.group?.name;
  const { format } = request.endpoint;
  const repeatedOf = formatParts(format).conversation?.repeatedOf;
  return {
    ...(repeatedOf !== undefined && { asked: askedBy(request, repeatedOf, parsedBody) }),
    id: request.callId,
    // A client that gets the answer of a fallback group sees the name of that group.
    model: (fellBack ? request.servedGroup : request.askedModel) ?? deployment.model,
    createdSeconds: Math.floor(request.startedAtMs / 1000),
    streamUsage: request.streamUsage,
    estimatedInput: () => Math.ceil(request.outline.promptBytes / BYTES_PER_TOKEN),
  };
}

/** A parsed body is not kept as long as its answer lasts: what answers repeat is small beside a long conversation. */
function askedBy(
  request: LaneRequest,
  repeatedOf: (body: JsonObject) => JsonObject,
  parsedBody: JsonObject | undefined,
): () => JsonObject {
  if (parsedBody === undefined) return () => repeatedOf(clientBody(request, request.endpoint.format));
  const repeated = repeatedOf(parsedBody);
  return () => repeated;
}
