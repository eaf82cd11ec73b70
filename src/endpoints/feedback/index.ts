/** `POST /feedback`: what a caller says of an answer that a group chose the model of, by its call id. */
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Answering } from '../question.ts';

const FIELDS = ['call_id', 'score', 'thumbs'];
const LONGEST_ID = 256;

/** Takes one score for each call, from the key that made it. */
export const feedback: Answering = async ({ readBody, identity, parts }) => {
  const body = await readBody();
  const odd = Object.keys(body).find((name) => !FIELDS.includes(name));
  if (odd !== undefined) throw wrong(odd.slice(0, LONGEST_ID), `is unknown: there are ${FIELDS.join(', ')}`);
  const { call_id: callId } = body;
  if (typeof callId !== 'string' || callId === '' || callId.length > LONGEST_ID)
    throw wrong('call_id', 'is required: the call id of an answer, as its header x-litellm-call-id says');
  const score = scoreOf(body);
  const taken = identity === undefined ? undefined : parts.feedback?.score(callId, score, identity);
  if (taken?.kind !== 'taken')
    throw wrong(
      'call_id',
      'names no recent answer of this key whose model a group chose, or one that has its score already',
    );
  return {
    status: 200,
    body: { call_id: callId, score, model: taken.group, scores: taken.scores, suspended: taken.isSuspended },
  };
};

function scoreOf({ score, thumbs }: JsonObject): number {
  if ((score === undefined) === (thumbs === undefined)) throw wrong('score', 'or `thumbs` is required, one of them');
  if (thumbs !== undefined) {
    if (thumbs === 'up' || thumbs === 'down') return thumbs === 'up' ? 1 : 0;
    throw wrong('thumbs', 'must be up or down');
  }
  if (typeof score === 'number' && score >= 0 && score <= 1) return score;
  throw wrong('score', 'must be a number from 0 to 1');
}

const wrong = (param: string, why: string): GatewayError =>
  new GatewayError('invalid_request', `\`${param}\` ${why}.`, { param });
