/** Makes the rest of an answer that broke off ready to be asked of another deployment. */
import type { StreamWriter } from '../../formats/format.ts';
import { conversationOf, formatParts } from '../../formats/index.ts';
import type { ConversationRequest, Usage } from '../../formats/neutral/conversation.ts';
import { eventsOf } from '../../formats/neutral/events-of.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import { answerFacts } from '../answer-facts.ts';
import { AnswerProblem } from '../answer-problem.ts';
import { type LaneChoice, mergesReasoning } from '../choose-lane.ts';
import { clientBody, refuseBadRequest } from '../client-body.ts';
import { forwardedHeaders } from '../forwarded-headers.ts';
import type { LaneRequest } from '../lane-request.ts';
import type { PreparedCall, ReadyAnswer } from '../prepared-call.ts';
import { readAnswer, readResponse, textOfResponse } from '../read-answer.ts';
import { MergingWriter } from '../translate/merge-reasoning.ts';
import { writeRequest } from '../translate/write-request.ts';
import { type ContinuationStyle, continuedRequest, estimatedTokens, leftTokens, styleFor } from './continuation.ts';
import { ContinuedStream, type Seam } from './continued-stream.ts';
import { endOfWhole, resumeWriter } from './resume-writer.ts';
import type { SentSoFar } from './stream-record.ts';

/** A call whose answer goes on with the client's stream. */
interface ContinuationCall extends PreparedCall {
  openStream(write: (bytes: Uint8Array | string) => void): ContinuedStream;
}

/** What a continuation is made of. */
interface ContinuationParts {
  readonly asked: LaneRequest;
  readonly deployment: Deployment;
  /** How the deployment would be asked; its lane is not used, since a continuation always reads the words. */
  readonly choice: LaneChoice;
  readonly sent: SentSoFar;
  readonly style: ContinuationStyle;
  /** The usage that the provider reported before its stream broke off. */
  readonly firstUsage?: Usage | undefined;
  /** Tokens of what was sent, if the caller has counted them; estimated otherwise. */
  readonly writtenTokens?: number;
}

/** Makes a continuation ready for a deployment, whatever its format. */
export function prepareContinuation(parts: ContinuationParts): ContinuationCall {
  const { asked, deployment, choice, sent, style } = parts;
  const client = conversationOf(formatParts(asked.endpoint.format));
  const providerParts = formatParts(choice.operation.format);
  const provider = conversationOf(providerParts);
  let left: number | undefined;
  const written = writeRequest(asked, deployment, choice, client, provider, (request) => {
    left = leftTokens(request, sent);
    return continuedRequest(request, sent, style, provider.id);
  });
  const openStream = (write: (bytes: Uint8Array | string) => void): ContinuedStream =>
    new ContinuedStream(provider, { ...seamOf(parts), leftTokens: left }, write, written.calls);
  const readWhole = (body: Buffer): ReadyAnswer => {
    const response = readResponse(provider, readAnswer(body, providerParts), written.calls);
    const stream = openStream(() => {});
    for (const event of eventsOf(response)) stream.take(event);
    const end = stream.finish();
    if (!end.isWhole) throw new AnswerProblem(end.problem);
    return { body: Buffer.from(end.last), usage: response.usage, text: () => textOfResponse(response) };
  };
  return {
    body: Buffer.from(JSON.stringify(written.body)),
    dropped: written.dropped,
    headers: forwardedHeaders(asked, deployment, choice),
    // The client has a stream already, so a provider that answers in one piece is written as the rest of it either way.
    readWhole,
    readWholeAsStream: readWhole,
    openStream,
  };
}

function seamOf(parts: ContinuationParts): Seam {
  const { asked, deployment, sent, style, firstUsage, writtenTokens } = parts;
  const client = conversationOf(formatParts(asked.endpoint.format));
  return {
    sent,
    style,
    first: {
      usage: firstUsage ?? sent.usage,
      writtenTokens: writtenTokens ?? estimatedTokens(sent.reasoning) + estimatedTokens(sent.text),
    },
    writer: mergingAsBefore(resumeWriter(client, sent, answerFacts(asked, deployment)), parts),
  };
}

/** A client that has reasoning in the text gets the rest of it there too. */
function mergingAsBefore(writer: StreamWriter, { asked, deployment, sent }: ContinuationParts): StreamWriter {
  const { isThinkingInText } = sent;
  const merges = isThinkingInText !== undefined || mergesReasoning(asked.endpoint.format, deployment);
  return merges ? new MergingWriter(writer, isThinkingInText === true ? [0] : []) : writer;
}

/** The client's request as `mayContinue` judges it. */
export function readConversation(asked: LaneRequest): ConversationRequest {
  const client = conversationOf(formatParts(asked.endpoint.format));
  return refuseBadRequest(() => client.readRequest(clientBody(asked, client.id))).request;
}

/** The style for a deployment: what its configuration says of the model wins over what the model's name tells. */
export function styleForDeployment(
  deployment: Deployment,
  choice: LaneChoice,
  request: ConversationRequest,
): ContinuationStyle {
  const { supports_assistant_prefill: configured } = deployment.priced.facts.supports;
  const provider = conversationOf(formatParts(choice.operation.format));
  return styleFor(configured ?? provider.takesPrefill?.(deployment.model), request);
}

/** What ends the client's stream if `mayContinue` says that it is `complete`. */
export function endOfComplete(
  asked: LaneRequest,
  deployment: Deployment,
  sent: SentSoFar,
  usage: Usage | undefined,
): string {
  return endOfWhole(formatParts(asked.endpoint.format), sent, answerFacts(asked, deployment), usage);
}
