/** The translate lane: format → neutral conversation → format, for requests, whole answers and streams. */
import { refuseHeavy } from '../../core/too-heavy.ts';
import { idInObject } from '../../formats/answer-id.ts';
import type { AnswerFacts, Compaction, ConversationFormat, StreamWriter } from '../../formats/format.ts';
import { conversationOf, formatParts } from '../../formats/index.ts';
import type { ConversationResponse } from '../../formats/neutral/conversation.ts';
import { answerFacts, factsAsData, factsFromData } from '../answer-facts.ts';
import type { ConversationLeft, ConversationPlan } from '../answer-plan.ts';
import { AnswerProblem } from '../answer-problem.ts';
import { mergesReasoning } from '../choose-lane.ts';
import { forwardedHeaders } from '../forwarded-headers.ts';
import type { ReadyAnswer } from '../prepared-call.ts';
import { readAnswer, readResponse, textOfResponse } from '../read-answer.ts';
import type { Travel } from '../travel.ts';
import { usageOfModel } from '../usage-of-model.ts';
import { readWholeAsStream } from '../whole-as-stream.ts';
import { checked } from './check-schema.ts';
import { CheckedStream } from './checked-stream.ts';
import { MergingWriter, mergeReasoning } from './merge-reasoning.ts';
import { TranslatedStream } from './translated-stream.ts';
import { writeRequest } from './write-request.ts';

/** To a deployment of another format. */
export const translation: Travel<ConversationLeft> = {
  write(request, deployment, choice) {
    refuseHeavy(request.body.length, request.mostParsedBytes);
    const client = conversationOf(formatParts(request.endpoint.format));
    const provider = conversationOf(formatParts(choice.operation.format));
    const { compaction } = client;
    const isEndpoint = request.endpoint.operation.id === 'compact';
    const adapt = isEndpoint ? compaction?.ask : undefined;
    const written = writeRequest(request, deployment, choice, client, provider, adapt);
    const { sent, body, dropped, calls, schema } = written;
    const compacts = isEndpoint || compaction?.isAsked(sent) === true;
    // The parsed body is not kept as long as the answer lasts: what answers repeat is small beside a long conversation.
    const left = {
      ...{ calls, schema, merges: mergesReasoning(client.id, deployment), repeated: client.repeatedOf?.(sent) },
      compacts: compacts ? { asked: isEndpoint ? sent : undefined } : undefined,
    };
    return { body: Buffer.from(JSON.stringify(body)), dropped, left };
  },
  finish(request, deployment, choice, { body, dropped, left }) {
    const { format } = request.endpoint;
    const client = conversationOf(formatParts(format));
    const provider = conversationOf(formatParts(choice.operation.format));
    const { calls, schema, compacts, merges, repeated } = left;
    const facts = answerFacts(request, deployment, repeated);
    const ways = { calls, schema, compacts, merges, client: format, provider: choice.operation.format };
    return {
      body,
      dropped,
      headers: forwardedHeaders(request, deployment, choice),
      readWhole: (answer) => {
        refuseHeavy(answer.length, request.mostParsedBytes);
        return readWhole(answer, ways, facts);
      },
      readWholeAsStream: (answer) => {
        refuseHeavy(answer.length, request.mostParsedBytes);
        return readAsStream(answer, ways, facts);
      },
      openStream: (write) => {
        const writer = writerOf(client, facts, merges);
        return schema === undefined && compacts === undefined
          ? new TranslatedStream(provider, writer, write, calls)
          : new CheckedStream(provider, writer, write, calls, checkOf(ways, facts));
      },
      plan: () => ({ ...ways, kind: 'conversation', facts: factsAsData(facts) }),
    };
  },
};

/** Reads a whole answer by its plan. */
export function readConversation(answer: Buffer, plan: ConversationPlan, isStream: boolean): ReadyAnswer {
  const facts = factsFromData(plan.facts);
  return isStream ? readAsStream(answer, plan, facts) : readWhole(answer, plan, facts);
}

type Ways = Pick<ConversationPlan, 'client' | 'provider' | 'calls' | 'schema' | 'compacts' | 'merges'>;

function writerOf(client: ConversationFormat, facts: AnswerFacts, merges: boolean): StreamWriter {
  const writer = client.openStreamWriter(facts);
  return merges ? new MergingWriter(writer) : writer;
}

const clientOf = (ways: Ways): ConversationFormat => conversationOf(formatParts(ways.client));

function readWhole(answer: Buffer, ways: Ways, facts: AnswerFacts): ReadyAnswer {
  const parts = formatParts(ways.provider);
  const client = clientOf(ways);
  const read = readResponse(conversationOf(parts), readAnswer(answer, parts), ways.calls);
  const response = checkOf(ways, facts)(read);
  const written = client.writeResponse(ways.merges ? mergeReasoning(response) : response, facts);
  const asked = ways.compacts?.asked;
  const object = asked === undefined ? written : (client.compaction?.writeObject(written, asked) ?? written);
  return {
    body: Buffer.from(JSON.stringify(object)),
    usage: usageOfModel(response.usage, response.model),
    text: () => textOfResponse(response),
    id: idInObject(client.id, object),
  };
}

function readAsStream(answer: Buffer, ways: Ways, facts: AnswerFacts): ReadyAnswer {
  const writer = writerOf(clientOf(ways), facts, ways.merges);
  return readWholeAsStream(answer, formatParts(ways.provider), writer, ways.calls, checkOf(ways, facts));
}

function checkOf(ways: Ways, { id }: AnswerFacts): (response: ConversationResponse) => ConversationResponse {
  const { schema, compacts } = ways;
  const { compaction } = clientOf(ways);
  if (compacts !== undefined && compaction !== undefined) {
    return (response) => compactedAnswer(compaction, response, id);
  }
  return (response) => (schema === undefined ? response : checked(response, schema));
}

/** An answer without words compacts nothing: another deployment may have some. */
function compactedAnswer(compaction: Compaction, response: ConversationResponse, seed: string): ConversationResponse {
  const compacted = compaction.answer(response, seed);
  if (compaction.isAnswer(compacted)) return compacted;
  throw new AnswerProblem({ kind: 'empty', detail: 'the model wrote no summary' });
}
