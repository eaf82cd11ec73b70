import { translation } from '../lanes/translate/translate.ts';
import { conversationProbe } from './conversation-probe.ts';
import type { Operation } from './operation.ts';

/** A text that goes on with the prompt. Any model that chats can be asked for one. */
export const completion: Operation = {
  id: 'completion',
  mode: 'completion',
  standIn: { id: 'chat', mode: 'chat' },
  isFree: false,
  hasOutput: true,
  mayHedge: false,
  mayContinue: false,
  callType: () => 'atext_completion',
  translation,
  probeBody: conversationProbe('completion'),
};
