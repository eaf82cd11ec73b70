/** The translate lane for counting tokens: the question of one format, asked in another. */

import { refuseHeavy } from '../../core/too-heavy.ts';
import type { TokenCounting } from '../../formats/format.ts';
import { conversationOf, formatParts } from '../../formats/index.ts';
import type { FormatId } from '../../formats/neutral/conversation.ts';
import { fitTools } from '../../formats/neutral/tool-limits.ts';
import { AnswerProblem } from '../answer-problem.ts';
import { toolLimitsOf } from '../choose-lane.ts';
import { clientBody, refuseBadRequest } from '../client-body.ts';
import type { ReadyAnswer } from '../prepared-call.ts';
import { readAnswer } from '../read-answer.ts';
import type { Travel } from '../travel.ts';

/** How a format counts; throws for one that does not. */
export function countingOf(format: FormatId): TokenCounting {
  const { counting } = conversationOf(formatParts(format));
  if (counting === undefined) throw new RangeError(`${format} does not count tokens`);
  return counting;
}

/** To a deployment that counts in another format. */
export const countTranslation: Travel<undefined> = {
  write(asked, deployment, choice) {
    refuseHeavy(asked.body.length, asked.mostParsedBytes);
    const client = countingOf(asked.endpoint.format);
    const provider = countingOf(choice.operation.format);
    const sent = clientBody(asked, asked.endpoint.format);
    const read = refuseBadRequest(() => client.readRequest(sent));
    const counted = conversationOf(formatParts(asked.endpoint.format)).forOthers?.(read.request) ?? read;
    const { request } = fitTools(counted.request, toolLimitsOf(choice.operation, deployment.model));
    // What the provider cannot take is not counted and need not be refused: nothing is generated.
    const { body } = provider.writeRequest(request, { model: deployment.model, traits: deployment.traits });
    return { body: Buffer.from(JSON.stringify(body)), dropped: [], left: undefined };
  },
  finish(asked, _deployment, choice, { body, dropped }) {
    const client = countingOf(asked.endpoint.format);
    const provider = countingOf(choice.operation.format);
    const parts = formatParts(choice.operation.format);
    const readWhole = (bytes: Buffer): ReadyAnswer => {
      const tokens = provider.readAnswer(readAnswer(bytes, parts));
      return { body: Buffer.from(JSON.stringify(client.writeAnswer(tokens))), usage: undefined, text: () => '' };
    };
    return {
      body,
      headers: [],
      dropped,
      readWhole,
      readWholeAsStream: readWhole,
      openStream: () => {
        throw new AnswerProblem({ kind: 'malformed', detail: 'a count came as a stream' });
      },
    };
  },
};
