/** The translate lane: format → neutral conversation → format, for requests, whole answers and streams. */
import type { AnswerFacts, ConversationFormat } from '../../formats/format.ts';
import { conversationOf, formatParts } from '../../formats/index.ts';
import type { ConversationResponse } from '../../formats/neutral/conversation.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import { answerFacts } from '../answer-facts.ts';
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
  const written = writeRequest(request, deployment, choice, client, provider);
  const facts = answerFacts(request, deployment, written.sent);
  const { calls, schema } = written;
  const check = (response: ConversationResponse): ConversationResponse =>
    schema === undefined ? response : checked(response, schema);
  return {
    body: Buffer.from(JSON.stringify(written.body)),
    dropped: written.dropped,
    headers: forwardedHeaders(request, choice.operation),
    readWhole: (body) => readWhole(check(readResponse(provider, readAnswer(body, parts), calls)), client, facts),
    readWholeAsStream: (body) => readWholeAsStream(body, parts, client.openStreamWriter(facts), calls, check),
    openStream: (write) =>
      schema === undefined
        ? new TranslatedStream(provider, client.openStreamWriter(facts), write, calls)
        : new CheckedStream(provider, client.openStreamWriter(facts), write, calls, check),
  };
}

function readWhole(response: ConversationResponse, client: ConversationFormat, facts: AnswerFacts): ReadyAnswer {
  return {
    body: Buffer.from(JSON.stringify(client.writeResponse(response, facts))),
    usage: usageOfModel(response.usage, response.model),
    text: () => textOfResponse(response),
  };
}
