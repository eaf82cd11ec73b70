/** The translate lane for embeddings: the request of one format, asked in another. */
import { GatewayError } from '../../core/errors.ts';
import { refuseHeavy } from '../../core/too-heavy.ts';
import type { EmbeddingFormat } from '../../formats/format.ts';
import { formatParts } from '../../formats/index.ts';
import type { FormatId, Usage } from '../../formats/neutral/conversation.ts';
import type { EmbeddingRequest } from '../../formats/neutral/embedding.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import { answerFacts } from '../answer-facts.ts';
import type { EmbeddingPlan } from '../answer-plan.ts';
import { AnswerProblem } from '../answer-problem.ts';
import { clientBody, refuseBadRequest } from '../client-body.ts';
import type { ReadyAnswer } from '../prepared-call.ts';
import { readAnswer, readWholeProvider } from '../read-answer.ts';
import type { Travel } from '../travel.ts';

/** How a format embeds; throws for one that does not. */
export function embeddingOf(format: FormatId): EmbeddingFormat {
  const { embedding } = formatParts(format);
  if (embedding === undefined) throw new RangeError(`${format} has no embeddings`);
  return embedding;
}

/** To a deployment that embeds in another format. */
export const embeddingTranslation: Travel<EmbeddingRequest> = {
  write(asked, deployment, choice) {
    refuseHeavy(asked.body.length, asked.mostParsedBytes);
    const client = embeddingOf(asked.endpoint.format);
    const provider = embeddingOf(choice.operation.format);
    const sent = clientBody(asked, client.id);
    const request = refuseBadRequest(() => client.readRequest(sent));
    if (!provider.takesTokens) refuseTokens(request, deployment);
    // What only the client's format has means nothing in another.
    const isSame = client.id === provider.id;
    const { encoding: _encoding, extensions, ...rest } = request;
    const body = provider.writeRequest({ ...rest, extensions: isSame ? extensions : {} }, deployment.model);
    const lost = isSame ? [] : Object.keys(extensions);
    return {
      body: Buffer.from(JSON.stringify(body)),
      dropped: lost.map((field) => ({ field, why: 'not part of this operation', kind: 'unknown' })),
      left: { ...request, inputs: [] },
    };
  },
  finish(asked, deployment, choice, { body, dropped, left }) {
    const { model, estimatedInput } = answerFacts(asked, deployment);
    const plan: EmbeddingPlan = {
      kind: 'embedding',
      client: asked.endpoint.format,
      provider: choice.operation.format,
      request: { ...left, model },
      estimatedTokens: estimatedInput?.() ?? 0,
    };
    const readWhole = (answer: Buffer): ReadyAnswer => {
      refuseHeavy(answer.length, asked.mostParsedBytes);
      return readVectors(answer, plan);
    };
    return {
      body,
      headers: [],
      dropped,
      readWhole,
      readWholeAsStream: readWhole,
      openStream: () => {
        throw new AnswerProblem({ kind: 'malformed', detail: 'embeddings came as a stream' });
      },
      plan: () => plan,
    };
  },
};

/** Reads a whole answer by its plan. */
export function readVectors(bytes: Buffer, { client, provider, request, estimatedTokens }: EmbeddingPlan): ReadyAnswer {
  const estimate: Usage = { inputTokens: estimatedTokens, outputTokens: 0 };
  const answer = readWholeProvider(() => embeddingOf(provider).readAnswer(readAnswer(bytes, formatParts(provider))));
  if (answer.vectors.length === 0) throw new AnswerProblem({ kind: 'empty', detail: 'it holds no embeddings' });
  return {
    body: Buffer.from(JSON.stringify(embeddingOf(client).writeAnswer({ usage: estimate, ...answer }, request))),
    usage: answer.usage,
    text: () => '',
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
