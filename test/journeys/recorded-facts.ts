/** What a recorded answer says, read straight from the provider's own format with nothing of the gateway's. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';

/** The wire languages of the recordings. */
export type Language = 'openai' | 'anthropic' | 'gemini';

/** An answer reduced to what every format can say. */
export interface Facts {
  text: string;
  calls: { name: string; input: unknown }[];
  /** `stop`, `length`, `tools`, `filter`. */
  finish: string;
  input: number;
  output: number;
}

export const objectOf = (value: JsonValue | undefined): JsonObject => (isJsonObject(value) ? value : {});
export const objectsOf = (value: JsonValue | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter(isJsonObject) : [];
const text = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
const count = (value: JsonValue | undefined): number => (typeof value === 'number' ? value : 0);
const parsed = (json: string): unknown => JSON.parse(json === '' ? '{}' : json);

const FINISHES: Readonly<Record<string, string>> = {
  stop: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  STOP: 'stop',
  length: 'length',
  max_tokens: 'length',
  MAX_TOKENS: 'length',
  tool_calls: 'tools',
  tool_use: 'tools',
  content_filter: 'filter',
  refusal: 'filter',
  SAFETY: 'filter',
};

/** The common word for a format's reason to finish. */
export function finishOf(reason: JsonValue | undefined): string {
  return FINISHES[text(reason)] ?? `unknown: ${String(reason)}`;
}

/** What one whole answer says. */
export function factsOfWhole(language: Language, body: JsonObject): Facts {
  switch (language) {
    case 'openai':
      return openaiFacts([body], 'message');
    case 'anthropic':
      return anthropicFacts(body);
    case 'gemini':
      return geminiFacts([body]);
  }
}

/** What the payloads of a stream say. */
export function factsOfStream(language: Language, payloads: readonly JsonObject[]): Facts {
  switch (language) {
    case 'openai':
      return openaiFacts(payloads, 'delta');
    case 'anthropic':
      return anthropicFacts(messageOfEvents(payloads));
    case 'gemini':
      return geminiFacts(payloads);
  }
}

function openaiFacts(bodies: readonly JsonObject[], member: 'message' | 'delta'): Facts {
  const facts: Facts = { text: '', calls: [], finish: '', input: 0, output: 0 };
  const calls: { name: string; arguments: string }[] = [];
  let reason: JsonValue | undefined;
  for (const body of bodies) {
    const choice = objectsOf(body.choices)[0] ?? {};
    const message = objectOf(choice[member]);
    facts.text += text(message.content);
    for (const part of objectsOf(message.content)) if (part.type === 'text') facts.text += text(part.text);
    for (const [place, call] of objectsOf(message.tool_calls).entries()) {
      const index = typeof call.index === 'number' ? call.index : place;
      const made = calls[index] ?? { name: '', arguments: '' };
      const called = objectOf(call.function);
      calls[index] = { name: made.name || text(called.name), arguments: made.arguments + text(called.arguments) };
    }
    reason = choice.finish_reason ?? reason;
    if (isJsonObject(body.usage)) {
      facts.input = count(body.usage.prompt_tokens);
      // Reasoning that a provider counts beside the completion is in the total nevertheless.
      facts.output = count(body.usage.total_tokens) - facts.input;
    }
  }
  facts.calls = calls.map((call) => ({ name: call.name, input: parsed(call.arguments) }));
  facts.finish = finishOf(reason);
  return facts;
}

function anthropicFacts(message: JsonObject): Facts {
  const blocks = objectsOf(message.content);
  const usage = objectOf(message.usage);
  return {
    text: blocks.map((block) => (block.type === 'text' ? text(block.text) : '')).join(''),
    calls: blocks.flatMap((block) =>
      block.type === 'tool_use' ? [{ name: text(block.name), input: block.input }] : [],
    ),
    finish: finishOf(message.stop_reason),
    input: count(usage.input_tokens) + count(usage.cache_creation_input_tokens) + count(usage.cache_read_input_tokens),
    output: count(usage.output_tokens),
  };
}

/** The message that a stream's events spell, as Anthropic's documentation has it. */
function messageOfEvents(events: readonly JsonObject[]): JsonObject {
  const started = objectOf(events.find((event) => event.type === 'message_start')?.message);
  const blocks: JsonObject[] = objectsOf(started.content).map((block) => ({ ...block }));
  const json = new Map<number, string>();
  const usage: JsonObject = { ...objectOf(started.usage) };
  // An answer that begins where the one before ended may be over at once.
  let stopReason: JsonValue | undefined = started.stop_reason;
  const before = blocks.length;
  for (const event of events) {
    const index = before + count(event.index);
    const delta = objectOf(event.delta);
    if (event.type === 'content_block_start') blocks[index] = { ...objectOf(event.content_block) };
    const block = blocks[index] ?? {};
    if (delta.type === 'text_delta') block.text = text(block.text) + text(delta.text);
    if (delta.type === 'input_json_delta') json.set(index, (json.get(index) ?? '') + text(delta.partial_json));
    if (event.type === 'message_delta') {
      stopReason = delta.stop_reason ?? stopReason;
      for (const [name, value] of Object.entries(objectOf(event.usage))) if (value !== null) usage[name] = value;
    }
  }
  for (const [index, written] of json) {
    const block = blocks[index];
    if (block !== undefined && written !== '') block.input = JSON.parse(written);
  }
  return { content: blocks.filter((block) => block !== undefined), usage, stop_reason: stopReason ?? null };
}

function geminiFacts(bodies: readonly JsonObject[]): Facts {
  const facts: Facts = { text: '', calls: [], finish: '', input: 0, output: 0 };
  let reason: JsonValue | undefined;
  for (const body of bodies) {
    const candidate = objectsOf(body.candidates)[0] ?? {};
    for (const part of objectsOf(objectOf(candidate.content).parts)) {
      if (part.thought !== true) facts.text += text(part.text);
      const call = objectOf(part.functionCall);
      // Arguments in pieces have a first part with a name; the pieces are put together by the golden tests.
      if (typeof call.name === 'string') facts.calls.push({ name: call.name, input: call.args ?? {} });
    }
    reason = candidate.finishReason ?? reason;
    const usage = objectOf(body.usageMetadata);
    if (usage.promptTokenCount !== undefined) {
      facts.input = count(usage.promptTokenCount) + count(usage.toolUsePromptTokenCount);
      facts.output = count(usage.candidatesTokenCount) + count(usage.thoughtsTokenCount);
    }
  }
  // Gemini says STOP after a call; every other format has a word of its own.
  facts.finish = facts.calls.length > 0 ? 'tools' : finishOf(reason);
  return facts;
}
