import { translation } from '../lanes/translate/translate.ts';
import type { Operation } from './operation.ts';
import { response } from './response.ts';

/** What a conversation is compacted to: by the provider if it can, as a summary that its model writes otherwise. */
export const compact: Operation = {
  id: 'compact',
  mode: 'responses',
  actsAs: response,
  isFree: false,
  hasOutput: true,
  mayHedge: false,
  mayContinue: false,
  callType: () => 'acompact_responses',
  translation,
};
