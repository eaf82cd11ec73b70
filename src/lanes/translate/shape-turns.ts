/**
 * Turns as a model takes them whose chat template is strict, by what the operator says of its deployment (docs.litellm.ai,
 * completion/message_trimming and completion/input, 2026-11). What a later request repeats is written as before, so that a warm prompt cache stays warm.
 */
import type { ConversationRequest, Part, Turn } from '../../formats/neutral/conversation.ts';
import type { TurnShape } from '../../snapshot/turn-shape.ts';

/** The request with its turns in that shape. */
export function shapeTurns(request: ConversationRequest, shape: TurnShape | undefined): ConversationRequest {
  if (shape === undefined) return request;
  let turns = shape.takesSystem ? request.turns : withoutSystem(request.turns);
  const { betweenAnswers, betweenQuestions } = shape;
  if (betweenAnswers !== undefined) turns = withQuestions(turns, betweenAnswers);
  if (betweenQuestions !== undefined) turns = withAnswers(turns, betweenQuestions);
  return { ...request, turns };
}

const isInstruction = ({ role }: Turn): boolean => role === 'system' || role === 'developer';

/** Instructions at the beginning become the beginning of the first question, later ones questions of their own. */
function withoutSystem(turns: readonly Turn[]): readonly Turn[] {
  if (!turns.some(isInstruction)) return turns;
  const first = turns.findIndex((turn) => !isInstruction(turn));
  const leading = first === -1 ? turns : turns.slice(0, first);
  const rest = first === -1 ? [] : turns.slice(first);
  const asked = rest.map((turn): Turn => (isInstruction(turn) ? { role: 'user', parts: turn.parts } : turn));
  const instructions = leading.flatMap(({ parts }) => parts);
  if (instructions.length === 0) return asked;
  const [question, ...others] = asked;
  if (question?.role !== 'user') return [{ role: 'user', parts: instructions }, ...asked];
  return [{ ...question, parts: joined([...instructions, ...question.parts]) }, ...others];
}

/** Plain texts one after the other as one text: such templates often take no lists. */
function joined(parts: readonly Part[]): readonly Part[] {
  const texts: string[] = [];
  for (const part of parts) {
    if (part.type !== 'text' || part.cacheMark !== undefined || part.citations !== undefined) return parts;
    texts.push(part.text);
  }
  return [{ type: 'text', text: texts.join('\n\n') }];
}

/** A question before an answer that comes first, between two answers, and after the last. */
function withQuestions(turns: readonly Turn[], question: Turn): readonly Turn[] {
  const written: Turn[] = [];
  for (const turn of turns) {
    const before = written.findLast((each) => !isInstruction(each));
    if (turn.role === 'assistant' && (before === undefined || isPlainAnswer(before))) written.push(question);
    written.push(turn);
  }
  const last = written.at(-1);
  if (last !== undefined && isPlainAnswer(last)) written.push(question);
  return written;
}

/** Not one that waits for the results of tools. */
function isPlainAnswer({ role, parts }: Turn): boolean {
  return role === 'assistant' && !parts.some(({ type }) => type === 'tool-call');
}

function withAnswers(turns: readonly Turn[], answer: Turn): readonly Turn[] {
  return turns.flatMap((turn, place) =>
    turn.role === 'user' && turns[place - 1]?.role === 'user' ? [answer, turn] : [turn],
  );
}
