import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import type { CacheUse } from '../prompt-cache/prompt-cache.ts';
import { type Answer, type Ask, type AskedTool, argumentText, type Choice, type ToolCall } from './ask.ts';
import type { GoingOn } from './begun.ts';
import { valueForSchema } from './schema-value.ts';
import { between, type Random, seededRandom } from './seeded.ts';
import { answerTokens, reasoningTokens } from './text.ts';
import { countTokens, tokenise } from './tokens.ts';
import { searchFor } from './web-search.ts';

/** What the model's name or a header asks of an answer, beyond what the request itself says. */
export interface Wishes {
  /** The exact number of tokens of text. */
  readonly tokens?: number;
  readonly reason?: boolean;
  readonly tool?: boolean;
  readonly refuse?: boolean;
  readonly filter?: boolean;
  /** What it does if it is asked to go on with an answer. */
  readonly goingOn?: GoingOn;
}

const REFUSAL = "I'm sorry, but I can't help with that.";

/** Makes up the answer to a request; the same request and seed always get the same one. */
export function compose(request: Ask, wishes: Wishes, cache: CacheUse): Answer {
  const ask = { ...request, lastUserText: withoutReminders(request.lastUserText) };
  const choices: Choice[] = [];
  for (let index = 0; index < ask.choices; index++) {
    choices.push(composeChoice(ask, wishes, seededRandom(`${ask.seed}#${index}`)));
  }
  let completion = 0;
  let reasoning = 0;
  for (const choice of choices) {
    reasoning += choice.reasoning.length;
    completion += choice.reasoning.length + choice.text.length;
    for (const call of choice.toolCalls) completion += toolCallTokens(call);
  }
  return {
    choices,
    usage: {
      prompt: ask.promptTokens,
      cacheRead: cache.read,
      cacheWrite5m: cache.write5m,
      cacheWrite1h: cache.write1h,
      completion,
      reasoning,
    },
  };
}

// Programs and the gateway put instructions beside the user's words, marked as below; a model answers the words.
const withoutReminders = (text: string): string =>
  text.replace(/<(system|system-reminder|environment_context|session_context)>[\s\S]*?<\/\1>\s*/g, '').trimStart();

/** What one tool call counts: a token for its name and those of its arguments. */
export function toolCallTokens(call: ToolCall): number {
  return 1 + countTokens(argumentText(call));
}

function composeChoice(ask: Ask, wishes: Wishes, random: Random): Choice {
  if (wishes.refuse) return { reasoning: [], text: tokenise(REFUSAL), toolCalls: [], ending: 'refusal' };
  if (wishes.filter) return { reasoning: [], text: [], toolCalls: [], ending: 'filter' };
  const limit = ask.maxTokens ?? Number.POSITIVE_INFINITY;
  const thought = thinks(ask, wishes)
    ? reasoningTokens(ask.lastUserText, Math.min(between(random, 24, 40), ask.reasoningTokens ?? 40), random)
    : [];
  const reasoning = thought.slice(0, limit);
  const room = limit - reasoning.length;
  if (room === 0) return { reasoning, text: [], toolCalls: [], ending: 'length' };
  const toolCalls = callsFor(ask, wishes, random);
  if (toolCalls.length > 0) return { reasoning, text: [], toolCalls, ending: 'tools' };
  const search = searchFor(ask);
  const text = endText(textFor(ask, wishes, random), ask.stop, room);
  return { reasoning, toolCalls: [], ...(search !== undefined && { search }), ...text };
}

const thinks = (ask: Ask, wishes: Wishes): boolean => wishes.reason ?? ask.wantsReasoning;

function textFor(ask: Ask, wishes: Wishes, random: Random): string[] {
  switch (ask.output.kind) {
    case 'json':
      return tokenise(
        JSON.stringify({ answer: properNames(ask.lastUserText)[0] ?? 'yes', certainty: between(random, 1, 100) }),
      );
    case 'schema':
      return tokenise(JSON.stringify(valueForSchema(ask.output.schema, random, { names: namesFor(ask), first: 0 })));
    case 'text':
      return answerTokens(
        { ...ask, tokens: wishes.tokens ?? between(random, 40, 70), goingOn: wishes.goingOn ?? 'goes-on' },
        random,
      );
  }
}

/** Ends a text where the first stop sequence begins or where the limit lies, whichever comes first. */
function endText(
  pieces: string[],
  stop: readonly string[],
  room: number,
): Pick<Choice, 'text' | 'ending' | 'stopSequence'> {
  const whole = pieces.slice(0, room).join('');
  let first: { at: number; sequence: string } | undefined;
  for (const sequence of stop) {
    const at = sequence === '' ? -1 : whole.indexOf(sequence);
    if (at >= 0 && (first === undefined || at < first.at)) first = { at, sequence };
  }
  if (first !== undefined) {
    return { text: tokenise(whole.slice(0, first.at)), ending: 'stop-sequence', stopSequence: first.sequence };
  }
  return pieces.length > room ? { text: pieces.slice(0, room), ending: 'length' } : { text: pieces, ending: 'end' };
}

function callsFor(ask: Ask, wishes: Wishes, random: Random): ToolCall[] {
  const { tools, toolChoice } = ask;
  if (tools.length === 0 || toolChoice === 'none') return [];
  if (typeof toolChoice === 'object') {
    const named = tools.find(
      ({ name, namespace }) => name === toolChoice.name && namespace === (toolChoice.namespace ?? namespace),
    );
    return named === undefined ? [] : [call(named, ask, random, 0)];
  }
  // A tool has just answered: use the answer instead of calling for ever, even where a call is required.
  if (ask.toolResults.length > 0) return [];
  const dictated = dictatedCall(ask);
  if (dictated !== undefined) return [dictated];
  const mentioned = tools.filter((tool) => mentions(ask.lastUserText, tool.name));
  if (mentioned.length === 0 && (toolChoice === 'required' || wishes.tool)) mentioned.push(...tools.slice(0, 1));
  const [first] = mentioned;
  if (first === undefined) return [];
  if (!ask.parallelTools) return [call(first, ask, random, 0)];
  if (mentioned.length > 1) return mentioned.map((tool, index) => call(tool, ask, random, index));
  // “Weather in Paris and London” is two calls of one tool.
  const isForTwo = properNames(ask.lastUserText).length >= 2 && / and /i.test(ask.lastUserText);
  return (isForTwo ? [0, 1] : [0]).map((index) => call(first, ask, random, index));
}

/** `Call: write {"path": "a.txt"}` calls exactly this, so that a program's own tools can be made to do something. */
function dictatedCall({ lastUserText, tools }: Ask): ToolCall | undefined {
  const [, name, text = ''] = /^Call: (\S+) (\{[\s\S]*\})\s*$/.exec(lastUserText) ?? [];
  const tool = tools.find((offered) => offered.name === name);
  return tool === undefined ? undefined : callOf(tool, JSON.parse(text) as JsonValue);
}

const call = (tool: AskedTool, ask: Ask, random: Random, first: number): ToolCall =>
  callOf(tool, valueForSchema(objectSchema(tool.schema), random, { names: namesFor(ask), first }));

function callOf({ name, namespace, isCustom }: AskedTool, value: JsonValue): ToolCall {
  return {
    name,
    ...(namespace !== undefined && { namespace }),
    ...(isCustom !== undefined && { isCustom }),
    arguments: value,
  };
}

const objectSchema = (schema: JsonObject): JsonObject =>
  schema.type === undefined ? { ...schema, type: 'object' } : schema;

const COMMON_IN_NAMES = new Set([
  'tool',
  'call',
  'function',
  'find',
  'list',
  'make',
  'from',
  'with',
  'current',
  'update',
]);

/** Whether a text speaks of a tool: by its name, or by a telling word of it (“weather” for `get_weather`). */
function mentions(text: string, toolName: string): boolean {
  const spoken = text.toLowerCase();
  if (spoken.includes(toolName.toLowerCase())) return true;
  const words = toolName
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/);
  return words.some((word) => word.length >= 4 && !COMMON_IN_NAMES.has(word) && spoken.includes(word));
}

const QUESTION_WORDS = new Set([
  'What',
  'Who',
  'Where',
  'When',
  'How',
  'Why',
  'Please',
  'Call',
  'Use',
  'Is',
  'The',
  'Can',
  'Tell',
  'Give',
  'Get',
  'Find',
  'And',
  'In',
  'Return',
  'List',
  'Compare',
  'Which',
]);

/** The proper names in a text, in order: what arguments are filled with. */
function properNames(text: string): string[] {
  const names = text.match(/\p{Lu}[\p{L}\p{N}'-]+(?: \p{Lu}[\p{L}\p{N}'-]+)*/gu) ?? [];
  return [...new Set(names.map((name) => dropQuestionWord(name)).filter((name) => name !== ''))];
}

function dropQuestionWord(name: string): string {
  const [first = '', ...rest] = name.split(' ');
  return QUESTION_WORDS.has(first) ? rest.join(' ') : name;
}

function namesFor(ask: Ask): string[] {
  const names = properNames(ask.lastUserText);
  return names.length > 0 ? names : ['example'];
}
