/** Stored responses by their ids. */
import { GatewayError } from '../../core/errors.ts';
import type { StoredResponses } from '../../exchange/stored-responses.ts';
import type { Identity } from '../../tenancy/identity.ts';
import type { Answering, Question } from '../question.ts';
import { pageOf } from './page-of.ts';

/** Shows a response. */
export const showResponse: Answering = async (question) => {
  const { stored, owner, id } = asked(question);
  const { stream, starting_after: after = '-1' } = question.query;
  if (stream === 'true') {
    if (!/^(?:-1|\d{1,9})$/.test(after)) {
      throw new GatewayError('invalid_request', '`starting_after` must be the number of an event.', {
        param: 'starting_after',
      });
    }
    return { status: 200, body: null, events: await stored.events(owner, id, Number(after)) };
  }
  return { status: 200, body: await stored.show(owner, id) };
};

/** Deletes a response. */
export const deleteResponse: Answering = async (question) => {
  const { stored, owner, id } = asked(question);
  return { status: 200, body: await stored.delete(owner, id) };
};

/** Ends a response that is made in the background. */
export const cancelResponse: Answering = async (question) => {
  const { stored, owner, id } = asked(question);
  return { status: 200, body: await stored.cancel(owner, id) };
};

/** Lists the input of a response. */
export const listInputItems: Answering = async (question) => {
  const { stored, owner, id } = asked(question);
  return { status: 200, body: await stored.inputItems(owner, id, pageOf(question)) };
};

function asked({ parts, identity, pathParameter = '' }: Question): {
  readonly stored: StoredResponses;
  readonly owner: Identity;
  readonly id: string;
} {
  const { storedResponses: stored } = parts;
  if (stored === undefined || identity === undefined) {
    throw new GatewayError('unknown_response', 'This gateway stores no responses.');
  }
  return { stored, owner: identity, id: pathParameter };
}
