/** Whole answers of providers, parsed. */

import type { JsonObject, JsonValue } from '../core/json.ts';
import { parseJson } from '../core/parse-json.ts';
import { type ConversationFormat, FormatError } from '../formats/format.ts';
import type { FormatParts } from '../formats/index.ts';
import type { ConversationResponse } from '../formats/neutral/conversation.ts';
import { whyNoAnswer } from '../formats/neutral/no-answer.ts';
import { AnswerProblem, malformed, type Problem } from './answer-problem.ts';
import { type AnsweredCalls, withClientNames } from './answered-calls.ts';

/** All words of a whole answer, for an estimate. */
export function textOfResponse({ choices }: ConversationResponse): string {
  return choices.flatMap(({ parts }) => parts.map(textOfPart)).join(' ');
}

/** Parses a whole answer; an error in it is thrown as what the provider reported. */
export function readAnswer(body: Buffer, parts: FormatParts): JsonObject {
  const value = parseAnswer(body);
  const reported = parts.readError(value);
  if (reported !== undefined) throw new AnswerProblem({ kind: 'reported', body: value, facts: reported });
  return value;
}

/** Reads a whole answer; one that is not the provider's format is thrown as an AnswerProblem. */
export function readResponse(
  provider: ConversationFormat,
  value: JsonObject,
  calls?: AnsweredCalls,
): ConversationResponse {
  const response = readWholeProvider(() => provider.readResponse(value, calls?.seed));
  const why = whyNoAnswer(response);
  if (why !== undefined) throw new AnswerProblem({ kind: 'empty', detail: why });
  return calls === undefined ? response : withClientNames(response, calls);
}

/** Runs a step that reads a whole, parsed answer. A body that lacks the members of an answer holds none, and costs nothing. */
export function readWholeProvider<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const problem = malformed(error);
    const isLacking = problem.kind === 'malformed' && /^\w*$/.test(error.path);
    throw new AnswerProblem(isLacking ? { kind: 'empty', detail: problem.detail } : problem);
  }
}

/** What is wrong with a body that is not a JSON object. One that does not even begin as one was never an answer that broke off. */
export function noObject(body: Buffer, detail: string): Problem {
  const isBegun = /^[\s\uFEFF]*\{/.test(body.subarray(0, 64).toString('utf8'));
  return { kind: isBegun ? 'malformed' : 'empty', detail };
}

function parseAnswer(body: Buffer): JsonObject {
  let value: JsonValue;
  try {
    value = parseJson(body.toString('utf8'));
  } catch {
    throw new AnswerProblem(noObject(body, 'the answer is not JSON'));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AnswerProblem({ kind: 'empty', detail: 'the answer is not a JSON object' });
  }
  return value;
}

function textOfPart(part: ConversationResponse['choices'][number]['parts'][number]): string {
  switch (part.type) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      return part.text;
    case 'tool-call':
      return `${part.name} ${part.arguments}`;
    default:
      return '';
  }
}
