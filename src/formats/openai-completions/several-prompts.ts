/** A completion request may hold several prompts. Models that chat answer one at a time, so it is taken apart, and the answers put together. */
import { isJsonObject, type JsonObject, type JsonValue, objectsOf, setMember, withMembers } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';
import { FormatError, type SeveralRequests } from '../format.ts';

/** Each is a call of its own. OpenAI takes 2,048, which it answers in one. */
const MOST_PROMPTS = 128;

/** Takes requests with several prompts apart. */
export const severalPrompts: SeveralRequests = { split, join, asStream };

function split(body: JsonObject): readonly JsonObject[] | undefined {
  const { prompt } = body;
  // Token numbers and what is not a prompt at all are refused by the reader, which says why.
  if (!Array.isArray(prompt) || prompt.length < 2 || !prompt.every((each) => typeof each === 'string'))
    return undefined;
  if (prompt.length > MOST_PROMPTS) {
    throw new FormatError(
      'prompt',
      `'prompt' holds ${prompt.length} prompts, and this model takes at most ${MOST_PROMPTS}. Send fewer at once.`,
    );
  }
  const { stream: _stream, stream_options: _options, ...rest } = body;
  return prompt.map((each) => ({ ...rest, prompt: each }));
}

/** The choices in the order of their prompts: those of the second prompt follow those of the first. */
function join(answers: readonly JsonObject[], asked: JsonObject): JsonObject {
  const each = typeof asked.n === 'number' ? asked.n : 1;
  const choices = answers.flatMap((answer, position) =>
    objectsOf(answer.choices).map((choice, place) => {
      const index = typeof choice.index === 'number' ? choice.index : place;
      return { ...choice, index: position * each + index };
    }),
  );
  const { usage: _usage, ...first } = answers[0] ?? {};
  const usages = answers.flatMap(({ usage }) => (isJsonObject(usage) ? [usage] : []));
  // A sum in which one is missing would be taken for the whole.
  const usage = usages.length === answers.length ? usages.reduce(sumOf) : undefined;
  return { ...first, choices, ...(usage !== undefined && { usage }) };
}

function sumOf(one: JsonObject, other: JsonObject): JsonObject {
  const sum = withMembers(one);
  for (const [name, value] of Object.entries(other)) setMember(sum, name, added(ownValue(one, name), value));
  return sum;
}

function added(one: JsonValue | undefined, other: JsonValue | undefined): JsonValue | undefined {
  if (typeof one === 'number' && typeof other === 'number') return one + other;
  if (isJsonObject(one) && isJsonObject(other)) return sumOf(one, other);
  return one ?? other;
}

/** A joined answer as a stream: a chunk for each choice, and the usage if the client asked for it. */
function asStream(answer: JsonObject, asked: JsonObject): string {
  const { choices, usage, ...head } = answer;
  const chunk = (members: JsonObject): string => `data: ${JSON.stringify({ ...head, ...members })}\n\n`;
  const wantsUsage = isJsonObject(asked.stream_options) && asked.stream_options.include_usage === true;
  const texts = objectsOf(choices).map((choice) => chunk({ choices: [choice] }));
  return `${texts.join('')}${wantsUsage && usage !== undefined ? chunk({ choices: [], usage }) : ''}data: [DONE]\n\n`;
}
