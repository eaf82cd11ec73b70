import { refuseHeavy } from '../../core/too-heavy.ts';
import { answerMark } from '../../formats/answer-mark.ts';
import type { FormatParts } from '../../formats/index.ts';
import { memberNamed, type ReadableEnvelope } from '../../wire/envelope.ts';
import { AnswerProblem } from '../answer-problem.ts';
import { readAnswer, readResponse } from '../read-answer.ts';

/** Answers of that many bytes are taken for some if their list is not empty; below, what they say is looked at. */
const SMALL_BYTES = 4_096;
/** An empty list, with some white space in it. */
const EMPTY_LIST_BYTES = 16;

/** Throws an AnswerProblem if a body with a status of success is not an answer: `{}`, an error in another shape, an empty list. */
export function requireAnswer(
  body: Buffer,
  envelope: ReadableEnvelope,
  format: FormatParts,
  mostBytes: number | undefined,
): void {
  const known = answerMark(format.id);
  if (known === undefined) return;
  const list = memberNamed(envelope, known.member);
  if (list?.kind === 'array' && list.valueEnd - list.valueStart > EMPTY_LIST_BYTES) {
    if (body.length > SMALL_BYTES || known.mark.test(body.toString('latin1'))) return;
  }
  refuseHeavy(body.length, mostBytes);
  const value = readAnswer(body, format);
  if (format.conversation !== undefined) {
    readResponse(format.conversation, value);
    return;
  }
  const detail = list === undefined ? `it has no '${known.member}'` : `its '${known.member}' is empty`;
  if (list?.kind !== 'array' || list.valueEnd - list.valueStart <= EMPTY_LIST_BYTES) {
    throw new AnswerProblem({ kind: 'empty', detail });
  }
}
