import { translation } from '../lanes/translate/translate.ts';
import { conversationProbe } from './conversation-probe.ts';
import type { Operation } from './operation.ts';

/** The next turn of a conversation. */
export const chat: Operation = {
  id: 'chat',
  mode: 'chat',
  standIn: { id: 'response', mode: 'responses' },
  isFree: false,
  hasOutput: true,
  mayHedge: true,
  mayContinue: true,
  callType: (format) => (format === 'anthropic-messages' ? 'anthropic_messages' : 'acompletion'),
  translation,
  probeBody: conversationProbe('chat'),
};
