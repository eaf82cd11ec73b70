import type { JsonObject } from '../core/json.ts';
import type { AnswerFacts } from '../formats/format.ts';
import { formatParts } from '../formats/index.ts';
import type { Deployment } from '../snapshot/deployment.ts';
import type { FactsAsData } from './answer-plan.ts';
import { clientBody } from './client-body.ts';
import type { LaneRequest } from './lane-request.ts';

/** About, over all languages and tokenisers. */
const BYTES_PER_TOKEN = 4;

/** The id, model and time in an answer that is written for the client; `repeated` is what it repeats of the request, if that is known. */
export function answerFacts(request: LaneRequest, deployment: Deployment, repeated?: JsonObject): AnswerFacts {
  const fellBack = request.servedGroup !== request.group?.name;
  const { format } = request.endpoint;
  const repeatedOf = formatParts(format).conversation?.repeatedOf;
  return {
    ...(repeatedOf !== undefined && { asked: askedBy(request, repeatedOf, repeated) }),
    id: request.callId,
    // A client that gets the answer of a fallback group sees the name of that group.
    model: (fellBack ? request.servedGroup : request.askedModel) ?? deployment.model,
    createdSeconds: Math.floor(request.startedAtMs / 1000),
    streamUsage: request.streamUsage,
    estimatedInput: () => Math.ceil(request.outline.promptBytes / BYTES_PER_TOKEN),
  };
}

function askedBy(
  request: LaneRequest,
  repeatedOf: (body: JsonObject) => JsonObject,
  repeated: JsonObject | undefined,
): () => JsonObject {
  return () => repeated ?? repeatedOf(clientBody(request, request.endpoint.format));
}

/** Reads from the request what an answer may repeat. */
export function factsAsData({ asked, estimatedInput, ...facts }: AnswerFacts): FactsAsData {
  const { id, model, createdSeconds, streamUsage } = facts;
  return { id, model, createdSeconds, streamUsage, estimatedTokens: estimatedInput?.(), askedBody: asked?.() };
}

/** The facts again. */
export function factsFromData({ estimatedTokens, askedBody: body, ...facts }: FactsAsData): AnswerFacts {
  return {
    ...facts,
    ...(estimatedTokens !== undefined && { estimatedInput: () => estimatedTokens }),
    ...(body !== undefined && { asked: () => body }),
  };
}
