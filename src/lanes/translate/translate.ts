/** The translate lane: format → neutral conversation → format, for requests, whole answers and streams. */
import type { JsonObject } from '../../core/json.ts';
import type { AnswerFacts, Compaction, ConversationFormat } from '../../formats/format.ts';
import { conversationOf, formatParts } from '../../formats/index.ts';
import type { ConversationResponse } from '../../formats/neutral/conversation.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import { answerFacts } from '../answer-facts.ts';
import { AnswerProblem } from '../answer-problem.ts';
import type { LaneChoice } from '../choose-lane.ts';
import { forwardedHeaders } from '../forwarded-headers.ts';
import type { LaneRequest } from '../lane-request.ts';
import type { PreparedCall, ReadyAnswer } from '../prepared-call.ts';
import { readAnswer, readResponse, textOfResponse } from '../read-answer.ts';
import { usageOfModel } from '../usage-of-model.ts';
import { readWholeAsStream } from '../whole-as-stream.ts';
import { checked } from './check-schema.ts';
import { CheckedStream } from './checked-stream.ts';
import { TranslatedStream } from './translated-stream.ts';
import { writeRequest } from './write-request.ts';

/** Makes a request ready to be translated to a deployment of another format. */
export function translate(request: LaneRequest, deployment: Deployment, choice: LaneChoice): PreparedCall {
  const client = conversationOf(formatParts(request.endpoint.format));
  const parts = formatParts(choice.operation.format);
  const provider = conversationOf(parts);
  const { compaction } = client;
  const isEndpoint = request.endpoint.operation.id === 'compact';
  const written = writeRequest(request, deployment, choice, client, provider, isEndpoint ? compaction?.ask : undefined);
  const facts = answerFacts(request, deployment, written.sent);
  const { calls, schema } = written;
  const isCompacted = compaction !== undefined && (isEndpoint || compaction.isAsked(written.sent));
  const check = (response: ConversationResponse): ConversationResponse => {
    if (isCompacted) return compactedAnswer(compaction, response, request.callId);
    return schema === undefined ? response : checked(response, schema);
  };
  const asked = isEndpoint ? written.sent : undefined;
  return {
    body: Buffer.from(JSON.stringify(written.body)),
    dropped: written.dropped,
    headers: forwardedHeaders(request, choice.operation),
    readWhole: (body) => readWhole(check(readResponse(provider, readAnswer(body, parts), calls)), client, facts, asked),
    readWholeAsStream: (body) => readWholeAsStream(body, parts, client.openStreamWriter(facts), calls, check),
    openStream: (write) =>
      schema === undefined && !isCompacted
        ? new TranslatedStream(provider, client.openStreamWriter(facts), write, calls)
        : new CheckedStream(provider, client.openStreamWriter(facts), write, calls, check),
  };
}

/** An answer without words compacts nothing: another deployment may have some. */
function compactedAnswer(compaction: Compaction, response: ConversationResponse, seed: string): ConversationResponse {
  const compacted = compaction.answer(response, seed);
  if (compaction.isAnswer(compacted)) return compacted;
  throw new AnswerProblem({ kind: 'empty', detail: 'the model wrote no summary' });
}

/** `compacted`: the request, if the client wants the object of a compaction. */
function readWhole(
  response: ConversationResponse,
  client: ConversationFormat,
  facts: AnswerFacts,
  compacted: JsonObject | undefined,
): ReadyAnswer {
  const written = client.writeResponse(response, facts);
  const object = compacted === undefined ? written : (client.compaction?.writeObject(written, compacted) ?? written);
  return {
    body: Buffer.from(JSON.stringify(object)),
    usage: usageOfModel(response.usage, response.model),
    text: () => textOfResponse(response),
  };
}
