import type { AnswerPlan } from './answer-plan.ts';
import type { ReadyAnswer } from './prepared-call.ts';
import { readRelayed } from './relay/relay.ts';
import { readConversation } from './translate/translate.ts';
import { readVectors } from './translate/translate-embedding.ts';

/** Reads a whole answer, however large. Throws an AnswerProblem if it is not an answer. */
export function readByPlan(answer: Buffer, plan: AnswerPlan, isStream: boolean): ReadyAnswer {
  switch (plan.kind) {
    case 'conversation':
      return readConversation(answer, plan, isStream);
    case 'embedding':
      return readVectors(answer, plan);
    case 'relay':
      return readRelayed(answer, plan, isStream);
  }
}
