/** Checks answers of providers that cannot be held to a schema. */
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { schemaProblem } from '../../core/json-schema.ts';
import { parseJson } from '../../core/parse-json.ts';
import type { Choice, ConversationResponse } from '../../formats/neutral/conversation.ts';
import { AnswerProblem } from '../answer-problem.ts';

/** The answer with its texts as plain JSON; throws an AnswerProblem for one that the schema does not take. */
export function checked(response: ConversationResponse, schema: JsonObject): ConversationResponse {
  return { ...response, choices: response.choices.map((choice) => checkedChoice(choice, schema, response)) };
}

function checkedChoice(choice: Choice, schema: JsonObject, { usage }: ConversationResponse): Choice {
  const { parts, finish } = choice;
  // Calls, refusals and answers that were cut short are not JSON, and say so themselves.
  if (finish.reason !== 'stop' && finish.reason !== 'other' && finish.reason !== 'stop-sequence') return choice;
  if (parts.some(({ type }) => type === 'tool-call' || type === 'refusal')) return choice;
  const text = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
  const json = withoutFence(text);
  const why = problemOf(json, schema);
  if (why !== undefined) {
    throw new AnswerProblem({
      kind: 'misfit',
      text,
      why,
      detail: `it does not conform to response_format: ${why}`,
      usage,
    });
  }
  const others = parts.filter(({ type }) => type !== 'text');
  return { ...choice, parts: [...others, { type: 'text', text: json }] };
}

function problemOf(json: string, schema: JsonObject): string | undefined {
  let value: JsonValue;
  try {
    value = parseJson(json);
  } catch {
    return 'it is not JSON';
  }
  return schemaProblem(value, schema);
}

/** The text without the fence that models like to put around JSON. */
function withoutFence(text: string): string {
  const trimmed = text.trim();
  return /^```(?:json)?\s*\n([\s\S]*?)\n?```$/i.exec(trimmed)?.[1]?.trim() ?? trimmed;
}
