/** The translate lane for embeddings: OpenAI's request over Gemini's `batchEmbedContents`. */
import { defined } from '../../core/defined.ts';
import { GatewayError } from '../../core/errors.ts';
import * as gemini from '../../formats/gemini-generate/index.ts';
import { formatParts } from '../../formats/index.ts';
import * as openai from '../../formats/openai-embeddings/index.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import { answerFacts } from '../answer-facts.ts';
import { AnswerProblem } from '../answer-problem.ts';
import type { LaneChoice } from '../choose-lane.ts';
import { clientBody, refuseBadRequest } from '../client-body.ts';
import type { LaneRequest } from '../lane-request.ts';
import type { PreparedCall, ReadyAnswer } from '../prepared-call.ts';
import { readAnswer } from '../read-answer.ts';

/** Makes an embeddings request ready for a provider that does not speak OpenAI's format. */
export function translateEmbedding(asked: LaneRequest, deployment: Deployment, choice: LaneChoice): PreparedCall {
  const sent = clientBody(asked, asked.endpoint.format);
  const request = refuseBadRequest(() => openai.readEmbeddingRequest(sent));
  const texts = request.inputs.map((input, index) => {
    if (input.kind === 'text') return input.text;
    const title = deployment.provider.title;
    throw new GatewayError('invalid_request', `${title} embeds texts, not token ids. Send strings in \`input\`.`, {
      param: `input[${index}]`,
    });
  });
  const { dimensions, encoding } = request;
  const body = gemini.writeEmbeddingRequest(texts, {
    model: deployment.model,
    ...defined({ dimensions }),
  });
  const { model } = answerFacts(asked, deployment);
  const parts = formatParts(choice.operation.format);
  const readWhole = (bytes: Buffer): ReadyAnswer => {
    const answer = gemini.readEmbeddingResponse(readAnswer(bytes, parts));
    const response = { ...answer, model };
    const written = openai.writeEmbeddingResponse(response, {
      model,
      ...defined({ encoding }),
    });
    return { body: Buffer.from(JSON.stringify(written)), usage: answer.usage, text: () => '' };
  };
  return {
    body: Buffer.from(JSON.stringify(body)),
    headers: [],
    dropped: Object.keys(request.extensions).map((field) => ({
      field,
      why: 'not part of this operation',
      kind: 'unknown',
    })),
    readWhole,
    readWholeAsStream: readWhole,
    openStream: () => {
      throw new AnswerProblem({ kind: 'malformed', detail: 'embeddings came as a stream' });
    },
  };
}
