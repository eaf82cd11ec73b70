/** Whole answers of providers, parsed. */

import type { JsonObject, JsonValue } from '../core/json.ts';
import { parseJson } from '../core/parse-json.ts';
import type { ConversationFormat } from '../formats/format.ts';
import type { FormatParts } from '../formats/index.ts';
import type { ConversationResponse } from '../formats/neutral/conversation.ts';
import { AnswerProblem, readProvider } from './answer-problem.ts';
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
  const response = readProvider(() => provider.readResponse(value, calls?.seed));
  return calls === undefined ? response : withClientNames(response, calls);
}

function parseAnswer(body: Buffer): JsonObject {
  let value: JsonValue;
  try {
    value = parseJson(body.toString('utf8'));
  } catch {
    throw new AnswerProblem({ kind: 'malformed', detail: 'the answer is not JSON' });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AnswerProblem({ kind: 'malformed', detail: 'the answer is not a JSON object' });
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
