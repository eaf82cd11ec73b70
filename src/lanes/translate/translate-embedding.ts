/** The translate lane for embeddings: the request of one format, asked in another. */
import { GatewayError } from '../../core/errors.ts';
import type { EmbeddingFormat } from '../../formats/format.ts';
import { formatParts } from '../../formats/index.ts';
import type { FormatId, Usage } from '../../formats/neutral/conversation.ts';
import type { EmbeddingRequest } from '../../formats/neutral/embedding.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import { answerFacts } from '../answer-facts.ts';
import { AnswerProblem } from '../answer-problem.ts';
import type { LaneChoice } from '../choose-lane.ts';
import { clientBody, refuseBadRequest } from '../client-body.ts';
import type { LaneRequest } from '../lane-request.ts';
import type { PreparedCall, ReadyAnswer } from '../prepared-call.ts';
import { readAnswer, readWholeProvider } from '../read-answer.ts';

/** How a format embeds; throws for one that does not. */
export function embeddingOf(format: FormatId): EmbeddingFormat {
  const { embedding } = formatParts(format);
  if (embedding === undefined) throw new RangeError(`${format} has no embeddings`);
  return embedding;
}

/** Makes an embeddings request ready for a provider of another format. */
export function translateEmbedding(asked: LaneRequest, deployment: Deployment, choice: LaneChoice): PreparedCall {
  const client = embeddingOf(asked.endpoint.format);
  const provider = embeddingOf(choice.operation.format);
  const sent = clientBody(asked, client.id);
  const request = refuseBadRequest(() => client.readRequest(sent));
  if (!provider.takesTokens) refuseTokens(request, deployment);
  // What only the client's format has means nothing in another.
  const isSame = client.id === provider.id;
  const { encoding: _encoding, extensions, ...rest } = request;
  const body = provider.writeRequest({ ...rest, extensions: isSame ? extensions : {} }, deployment.model);
  const { model, estimatedInput } = answerFacts(asked, deployment);
  const estimate = (): Usage => ({ inputTokens: estimatedInput?.() ?? 0, outputTokens: 0 });
  const parts = formatParts(choice.operation.format);
  const readWhole = (bytes: Buffer): ReadyAnswer => {
    const answer = readWholeProvider(() => provider.readAnswer(readAnswer(bytes, parts)));
    if (answer.vectors.length === 0) throw new AnswerProblem({ kind: 'empty', detail: 'it holds no embeddings' });
    return {
      // A provider that counts nothing leaves the client with what the gateway estimates.
      body: Buffer.from(JSON.stringify(client.writeAnswer({ usage: estimate(), ...answer }, { ...request, model }))),
      usage: answer.usage,
      text: () => '',
    };
  };
  const lost = isSame ? [] : Object.keys(extensions);
  return {
    body: Buffer.from(JSON.stringify(body)),
    headers: [],
    dropped: lost.map((field) => ({ field, why: 'not part of this operation', kind: 'unknown' })),
    readWhole,
    readWholeAsStream: readWhole,
    openStream: () => {
      throw new AnswerProblem({ kind: 'malformed', detail: 'embeddings came as a stream' });
    },
  };
}

function refuseTokens({ inputs }: EmbeddingRequest, { provider }: Deployment): void {
  const index = inputs.findIndex(({ kind }) => kind === 'tokens');
  if (index === -1) return;
  throw new GatewayError(
    'invalid_request',
    `${provider.title} embeds texts, not token ids. Send strings in \`input\`.`,
    {
      param: `input[${index}]`,
    },
  );
}
