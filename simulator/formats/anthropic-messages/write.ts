import type { JsonObject } from '../../../src/core/json.ts';
import { type Answer, argumentText, type Choice, type Usage } from '../../answering/ask.ts';
import { identifier } from '../../answering/seeded.ts';
import { signText } from '../../answering/signature.ts';
import { tokenise } from '../../answering/tokens.ts';
import { citedFrom } from '../../answering/web-search.ts';
import type { StreamEvent } from '../../sending/reply.ts';
import { type Call, jsonEvent } from '../operation.ts';
import { citationsOf, searchBlocks } from './web-search.ts';

/** Writes Anthropic's messages, whole and streamed. */
export class MessageWriter {
  readonly #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  whole(answer: Answer): JsonObject {
    const [choice] = answer.choices;
    if (choice === undefined) throw new Error('an Anthropic answer has one choice');
    return {
      ...this.#message(),
      content: this.#content(choice),
      stop_reason: stopReason(choice),
      stop_sequence: choice.stopSequence ?? null,
      ...stopDetails(choice),
      usage: {
        ...inputUsage(answer.usage),
        output_tokens: answer.usage.completion,
        service_tier: 'standard',
        ...searchUsage(choice),
      },
    };
  }

  events(answer: Answer): StreamEvent[] {
    const [choice] = answer.choices;
    if (choice === undefined) throw new Error('an Anthropic answer has one choice');
    const start = {
      ...this.#message(),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      // Anthropic says 1 or so here and corrects it at the end (recorded 2025-10).
      usage: { ...inputUsage(answer.usage), output_tokens: 1, service_tier: 'standard' },
    };
    const events = [event('open', 'message_start', { message: start })];
    const blocks = new BlockEvents();
    if (choice.reasoning.length > 0) {
      blocks.open({ type: 'thinking', thinking: '', signature: '' });
      for (const token of choice.reasoning) blocks.delta({ type: 'thinking_delta', thinking: token });
      blocks.delta({ type: 'signature_delta', signature: signText(choice.reasoning.join('')) }, 0);
      blocks.close();
    }
    this.#searchEvents(choice, blocks);
    for (const { tokens, citations } of passages(choice)) {
      blocks.open({ ...(citations.length > 0 && { citations: [] }), type: 'text', text: '' });
      // Anthropic names the sources of a passage before its words (recorded 2025-09).
      for (const citation of citations) blocks.delta({ type: 'citations_delta', citation }, 0);
      for (const token of tokens) blocks.delta({ type: 'text_delta', text: token });
      blocks.close();
    }
    choice.toolCalls.forEach((call, at) => {
      blocks.open({ type: 'tool_use', id: this.#toolId(at), name: call.name, input: {} }, 1);
      blocks.delta({ type: 'input_json_delta', partial_json: '' }, 0);
      for (const piece of tokenise(argumentText(call))) blocks.delta({ type: 'input_json_delta', partial_json: piece });
      blocks.close();
    });
    const [first, ...rest] = blocks.events;
    if (first !== undefined) events.push(first);
    events.push(event('open', 'ping', {}), ...rest);
    events.push(
      event('close', 'message_delta', {
        delta: { stop_reason: stopReason(choice), stop_sequence: choice.stopSequence ?? null, ...stopDetails(choice) },
        usage: { ...deltaUsage(answer.usage), output_tokens: answer.usage.completion, ...searchUsage(choice) },
      }),
      event('done', 'message_stop', {}),
    );
    return events;
  }

  #message(): JsonObject {
    return {
      model: this.#call.model,
      id: identifier('msg_01', this.#call.identity, 22),
      type: 'message',
      role: 'assistant',
    };
  }

  #content(choice: Choice): JsonObject[] {
    const content: JsonObject[] = [];
    if (choice.reasoning.length > 0) {
      const thinking = choice.reasoning.join('');
      content.push({ type: 'thinking', thinking, signature: signText(thinking) });
    }
    const search = searchBlocks(choice, this.#call.identity);
    if (search !== undefined) content.push(search.use, search.result);
    for (const { tokens, citations } of passages(choice)) {
      content.push({ ...(citations.length > 0 && { citations }), type: 'text', text: tokens.join('') });
    }
    choice.toolCalls.forEach((call, at) => {
      content.push({ type: 'tool_use', id: this.#toolId(at), name: call.name, input: call.arguments });
    });
    return content;
  }

  #searchEvents(choice: Choice, blocks: BlockEvents): void {
    const search = searchBlocks(choice, this.#call.identity);
    if (search === undefined) return;
    blocks.open({ ...search.use, input: {} });
    for (const piece of tokenise(JSON.stringify(search.use.input)))
      blocks.delta({ type: 'input_json_delta', partial_json: piece }, 0);
    blocks.close();
    blocks.open(search.result);
    blocks.close();
  }

  #toolId(at: number): string {
    return identifier('toolu_01', `${this.#call.identity}/${at}`, 22);
  }
}

/** The events of the content blocks, numbered as they come. */
class BlockEvents {
  readonly events: StreamEvent[] = [];
  #index = 0;

  open(block: JsonObject, tokens = 0): void {
    this.events.push(
      event(
        tokens > 0 ? 'content' : 'open',
        'content_block_start',
        { index: this.#index, content_block: block },
        tokens,
      ),
    );
  }

  delta(delta: JsonObject, tokens = 1): void {
    this.events.push(event('content', 'content_block_delta', { index: this.#index, delta }, tokens));
  }

  close(): void {
    this.events.push(event('content', 'content_block_stop', { index: this.#index }));
    this.#index += 1;
  }
}

/** A text as its blocks: the passage that names its sources is one of its own. */
function passages(choice: Choice): { readonly tokens: readonly string[]; readonly citations: JsonObject[] }[] {
  const { text, search } = choice;
  if (text.length === 0) return [];
  if (search === undefined) return [{ tokens: text, citations: [] }];
  const from = citedFrom(choice);
  const all = [
    { tokens: text.slice(0, from), citations: [] },
    { tokens: text.slice(from), citations: citationsOf(choice) },
  ];
  return all.filter(({ tokens }) => tokens.length > 0);
}

const searchUsage = ({ search }: Choice): JsonObject =>
  search === undefined ? {} : { server_tool_use: { web_search_requests: 1, web_fetch_requests: 0 } };

function event(part: StreamEvent['part'], type: string, members: JsonObject, tokens = 0): StreamEvent {
  return jsonEvent(part, { type, ...members }, tokens, type);
}

function stopReason(choice: Choice): string {
  switch (choice.ending) {
    case 'end':
      return 'end_turn';
    case 'length':
      return 'max_tokens';
    case 'tools':
      return 'tool_use';
    case 'stop-sequence':
      return 'stop_sequence';
    case 'refusal':
    case 'filter':
      return 'refusal';
  }
}

function stopDetails(choice: Choice): JsonObject {
  if (choice.ending !== 'refusal' && choice.ending !== 'filter') return {};
  return {
    stop_details: {
      type: 'refusal',
      category: 'general_harms',
      explanation: "This request was blocked under Anthropic's Usage Policy.",
    },
  };
}

/** The input half of Anthropic's usage: what was neither read from the cache nor written to it, and then those two. */
function inputUsage(usage: Usage): JsonObject {
  const written = usage.cacheWrite5m + usage.cacheWrite1h;
  return {
    input_tokens: usage.prompt - usage.cacheRead - written,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: usage.cacheRead,
    cache_creation: { ephemeral_5m_input_tokens: usage.cacheWrite5m, ephemeral_1h_input_tokens: usage.cacheWrite1h },
  };
}

function deltaUsage(usage: Usage): JsonObject {
  const { cache_creation: _split, ...rest } = inputUsage(usage);
  return rest;
}
