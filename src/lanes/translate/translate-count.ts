/** The translate lane for counting tokens: Anthropic's request over Gemini's `countTokens`. */

import { readCountTokensRequest, writeCountTokensResponse } from '../../formats/anthropic-messages/index.ts';
import { readCountTokensResponse, writeCountTokensRequest } from '../../formats/gemini-generate/index.ts';
import { formatParts } from '../../formats/index.ts';
import { fitTools } from '../../formats/neutral/tool-limits.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import { AnswerProblem } from '../answer-problem.ts';
import { type LaneChoice, toolLimitsOf } from '../choose-lane.ts';
import { clientBody, refuseBadRequest } from '../client-body.ts';
import type { LaneRequest } from '../lane-request.ts';
import type { PreparedCall, ReadyAnswer } from '../prepared-call.ts';
import { readAnswer } from '../read-answer.ts';

/** Makes a question for a count ready for a provider that does not speak Anthropic's format. */
export function translateCount(asked: LaneRequest, deployment: Deployment, choice: LaneChoice): PreparedCall {
  const sent = clientBody(asked, asked.endpoint.format);
  const read = refuseBadRequest(() => readCountTokensRequest(sent));
  const { request } = fitTools(read.request, toolLimitsOf(choice.operation, deployment.model));
  // What the provider cannot take is not counted and need not be refused: nothing is generated.
  const { body } = writeCountTokensRequest(request, { model: deployment.model, traits: deployment.traits });
  const parts = formatParts(choice.operation.format);
  const readWhole = (bytes: Buffer): ReadyAnswer => {
    const tokens = readCountTokensResponse(readAnswer(bytes, parts));
    return { body: Buffer.from(JSON.stringify(writeCountTokensResponse(tokens))), usage: undefined, text: () => '' };
  };
  return {
    body: Buffer.from(JSON.stringify(body)),
    headers: [],
    dropped: [],
    readWhole,
    readWholeAsStream: readWhole,
    openStream: () => {
      throw new AnswerProblem({ kind: 'malformed', detail: 'a count came as a stream' });
    },
  };
}
