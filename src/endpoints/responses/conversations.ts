/** Stored conversations by their ids. */
import { GatewayError } from '../../core/errors.ts';
import type { StoredConversations } from '../../exchange/stored-responses.ts';
import type { Identity } from '../../tenancy/identity.ts';
import type { Answering, Question } from '../question.ts';
import { pageOf } from './page-of.ts';

/** Makes a conversation. */
export const createConversation: Answering = async (question) => {
  const { stored, owner } = asked(question);
  return { status: 200, body: await stored.create(owner, await question.readBody()) };
};

/** Shows a conversation. */
export const showConversation: Answering = async (question) => {
  const { stored, owner, id } = asked(question);
  return { status: 200, body: await stored.show(owner, id) };
};

/** Changes the metadata of a conversation. */
export const updateConversation: Answering = async (question) => {
  const { stored, owner, id } = asked(question);
  return { status: 200, body: await stored.update(owner, id, await question.readBody()) };
};

/** Deletes a conversation. */
export const deleteConversation: Answering = async (question) => {
  const { stored, owner, id } = asked(question);
  return { status: 200, body: await stored.delete(owner, id) };
};

/** Lists the items of a conversation. */
export const listConversationItems: Answering = async (question) => {
  const { stored, owner, id } = asked(question);
  return { status: 200, body: await stored.items(owner, id, pageOf(question)) };
};

/** Adds items to a conversation. */
export const addConversationItems: Answering = async (question) => {
  const { stored, owner, id } = asked(question);
  return { status: 200, body: await stored.addItems(owner, id, await question.readBody()) };
};

/** Shows an item of a conversation. */
export const showConversationItem: Answering = async (question) => {
  const { stored, owner, id, item } = asked(question);
  return { status: 200, body: await stored.showItem(owner, id, item) };
};

/** Deletes an item of a conversation. */
export const deleteConversationItem: Answering = async (question) => {
  const { stored, owner, id, item } = asked(question);
  return { status: 200, body: await stored.deleteItem(owner, id, item) };
};

function asked({ parts, identity, pathParameters: { conversation: id = '', item = '' } }: Question): {
  readonly stored: StoredConversations;
  readonly owner: Identity;
  readonly id: string;
  readonly item: string;
} {
  const { storedResponses } = parts;
  if (storedResponses === undefined || identity === undefined) {
    throw new GatewayError('unknown_conversation', 'This gateway stores no conversations.');
  }
  return { stored: storedResponses.conversations, owner: identity, id, item };
}
