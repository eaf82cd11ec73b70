import { translation } from '../lanes/translate/translate.ts';
import { conversationProbe } from './conversation-probe.ts';
import type { Operation } from './operation.ts';

/** The next turn of a conversation, in the words of OpenAI's newer API. Any model that chats can be asked for one. */
export const response: Operation = {
  id: 'response',
  mode: 'responses',
  standIn: { id: 'chat', mode: 'chat' },
  isFree: false,
  hasOutput: true,
  mayHedge: true,
  mayContinue: true,
  callType: () => 'aresponses',
  translation,
  probeBody: conversationProbe('response'),
};
