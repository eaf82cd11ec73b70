import { isJsonObject, type JsonObject } from '../../../src/core/json.ts';
import { type Answer, argumentText, type Choice, type ToolCall, type Usage } from '../../answering/ask.ts';
import { identifier } from '../../answering/seeded.ts';
import { mintSignature } from '../../answering/signature.ts';
import { tokenise } from '../../answering/tokens.ts';
import type { StreamEvent } from '../../sending/reply.ts';
import { type Call, jsonEvent } from '../operation.ts';
import { asksForCompaction, inputItems } from './read.ts';
import { annotationsOf, searchItem } from './web-search.ts';

/** Writes responses, whole and streamed, with the items that OpenAI makes of an answer. */
export class ResponseWriter {
  readonly #call: Call;
  readonly id: string;

  constructor(call: Call) {
    this.#call = call;
    this.id = identifier('resp_', call.identity, 48).toLowerCase();
  }

  whole(answer: Answer): JsonObject {
    const choice = only(answer);
    const isCut = choice.ending === 'length' || choice.ending === 'filter';
    return this.#response(isCut ? 'incomplete' : 'completed', this.output(choice), answer.usage, choice);
  }

  /** The items of an answer, finished. */
  output(choice: Choice): JsonObject[] {
    if (asksForCompaction(this.#call.body)) return [this.#compactionItem()];
    const items: JsonObject[] = [];
    if (choice.reasoning.length > 0) items.push(this.#reasoningItem(choice, true));
    const search = searchItem(choice, this.#call.identity, this.#call.body, 'completed');
    if (search !== undefined) items.push(search);
    if (choice.text.length > 0) items.push(this.#messageItem(choice, 'completed'));
    for (const at of choice.toolCalls.keys()) items.push(this.#callItem(choice, at, 'completed'));
    return items;
  }

  /** The answer of `POST …/responses/compact`: what users said, and the rest encrypted. */
  compaction(answer: Answer): JsonObject {
    const said = inputItems(this.#call.body.input).filter(isJsonObject);
    const messages = said
      .filter(({ role }) => role === 'user')
      .map(({ role, content }, at) => ({
        ...{ id: this.#itemId('msg_', at), type: 'message', status: 'completed', role },
        content: typeof content === 'string' ? [{ type: 'input_text', text: content }] : content,
      }));
    return {
      ...{ id: this.id, object: 'response.compaction', created_at: this.#call.created },
      output: [...messages, this.#compactionItem()],
      usage: responseUsage(answer.usage),
    };
  }

  events(answer: Answer): StreamEvent[] {
    const choice = only(answer);
    const events = new NumberedEvents();
    const started = this.#response('in_progress', [], undefined, choice);
    events.add('open', 'response.created', { response: started });
    events.add('open', 'response.in_progress', { response: started });
    let index = 0;
    if (asksForCompaction(this.#call.body)) {
      const at = { output_index: index, item: this.#compactionItem() };
      events.add('content', 'response.output_item.added', at);
      events.add('content', 'response.output_item.done', at);
    } else {
      if (choice.reasoning.length > 0) this.#reasoningEvents(choice, events, index++);
      if (this.#searchEvents(choice, events, index)) index += 1;
      if (choice.text.length > 0) this.#messageEvents(choice, events, index++);
      choice.toolCalls.forEach((_, at) => {
        this.#callEvents(choice, at, events, index++);
      });
    }
    const final = this.whole(answer);
    events.add('done', final.status === 'incomplete' ? 'response.incomplete' : 'response.completed', {
      response: final,
    });
    return events.list;
  }

  #reasoningEvents(choice: Choice, events: NumberedEvents, index: number): void {
    const at = { item_id: this.#itemId('rs_'), output_index: index };
    const isShown = this.#showsSummary();
    // Reasoning that is not shown is produced, and billed, nevertheless.
    const hidden = isShown ? 0 : choice.reasoning.length;
    events.add(
      'content',
      'response.output_item.added',
      { output_index: index, item: this.#reasoningItem(choice, false) },
      hidden,
    );
    if (isShown) {
      const part = { ...at, summary_index: 0 };
      const text = choice.reasoning.join('');
      events.add('content', 'response.reasoning_summary_part.added', {
        ...part,
        part: { type: 'summary_text', text: '' },
      });
      for (const delta of choice.reasoning)
        events.add('content', 'response.reasoning_summary_text.delta', { ...part, delta }, 1);
      events.add('content', 'response.reasoning_summary_text.done', { ...part, text });
      events.add('content', 'response.reasoning_summary_part.done', { ...part, part: { type: 'summary_text', text } });
    }
    events.add('content', 'response.output_item.done', {
      output_index: index,
      item: this.#reasoningItem(choice, true),
    });
  }

  #searchEvents(choice: Choice, events: NumberedEvents, index: number): boolean {
    const { identity, body } = this.#call;
    const done = searchItem(choice, identity, body, 'completed');
    if (done === undefined) return false;
    const at = { output_index: index, item_id: String(done.id) };
    const begun = { id: String(done.id), type: 'web_search_call', status: 'in_progress', action: done.action };
    events.add('open', 'response.output_item.added', { output_index: index, item: begun });
    for (const step of ['in_progress', 'searching', 'completed'])
      events.add('open', `response.web_search_call.${step}`, at);
    events.add('open', 'response.output_item.done', { output_index: index, item: done });
    return true;
  }

  #messageEvents(choice: Choice, events: NumberedEvents, index: number): void {
    const at = { item_id: this.#itemId('msg_'), output_index: index, content_index: 0 };
    const isRefusal = choice.ending === 'refusal';
    const text = choice.text.join('');
    const done = this.#textPart(choice, text);
    const item = { ...this.#messageItem(choice, 'in_progress'), content: [] };
    events.add('open', 'response.output_item.added', { output_index: index, item });
    events.add('open', 'response.content_part.added', { ...at, part: this.#textPart(choice, '') });
    for (const delta of choice.text) {
      if (isRefusal) events.add('content', 'response.refusal.delta', { ...at, delta }, 1);
      else events.add('content', 'response.output_text.delta', { ...at, delta, logprobs: [] }, 1);
    }
    for (const [annotation_index, annotation] of annotationsOf(choice).entries())
      events.add('content', 'response.output_text.annotation.added', { ...at, annotation_index, annotation });
    if (isRefusal) events.add('close', 'response.refusal.done', { ...at, refusal: text });
    else events.add('close', 'response.output_text.done', { ...at, text, logprobs: [] });
    events.add('close', 'response.content_part.done', { ...at, part: done });
    const status = choice.ending === 'length' ? 'incomplete' : 'completed';
    events.add('close', 'response.output_item.done', { output_index: index, item: this.#messageItem(choice, status) });
  }

  #callEvents(choice: Choice, which: number, events: NumberedEvents, index: number): void {
    const call = choice.toolCalls[which];
    if (call === undefined) return;
    const { id, ...item } = this.#callItem(choice, which, 'in_progress');
    const at = { item_id: id, output_index: index };
    const empty = call.isCustom === true ? { input: '' } : { arguments: '' };
    events.add('content', 'response.output_item.added', { output_index: index, item: { id, ...item, ...empty } }, 1);
    const kind = call.isCustom === true ? 'custom_tool_call_input' : 'function_call_arguments';
    const written = call.isCustom === true ? textOf(call) : argumentText(call);
    for (const delta of tokenise(written)) events.add('content', `response.${kind}.delta`, { ...at, delta }, 1);
    const told = call.isCustom === true ? { input: written } : { name: call.name, arguments: written };
    events.add('content', `response.${kind}.done`, { ...at, ...told });
    events.add('content', 'response.output_item.done', {
      output_index: index,
      item: this.#callItem(choice, which, 'completed'),
    });
  }

  #reasoningItem(choice: Choice, isDone: boolean): JsonObject {
    const { include } = this.#call.body;
    const isSealed = Array.isArray(include) && include.includes('reasoning.encrypted_content');
    return {
      id: this.#itemId('rs_'),
      type: 'reasoning',
      summary: isDone && this.#showsSummary() ? [{ type: 'summary_text', text: choice.reasoning.join('') }] : [],
      ...(isSealed ? { encrypted_content: mintSignature(this.#call.identity.slice(0, 24)) } : {}),
    };
  }

  #compactionItem(): JsonObject {
    const content = mintSignature(this.#call.identity.slice(0, 24));
    return { id: this.#itemId('cmp_'), type: 'compaction', encrypted_content: content };
  }

  #messageItem(choice: Choice, status: string): JsonObject {
    const content = [this.#textPart(choice, choice.text.join(''))];
    return { id: this.#itemId('msg_'), type: 'message', status, content, role: 'assistant' };
  }

  #textPart(choice: Choice, text: string): JsonObject {
    return choice.ending === 'refusal'
      ? { type: 'refusal', refusal: text }
      : { type: 'output_text', annotations: text === '' ? [] : annotationsOf(choice), logprobs: [], text };
  }

  #callItem(choice: Choice, at: number, status: string): JsonObject {
    const call = choice.toolCalls[at];
    const isCustom = call?.isCustom === true;
    const written = call === undefined ? '' : isCustom ? textOf(call) : argumentText(call);
    return {
      id: this.#itemId(isCustom ? 'ctc_' : 'fc_', at),
      type: isCustom ? 'custom_tool_call' : 'function_call',
      status,
      ...(isCustom ? { input: written } : { arguments: written }),
      call_id: identifier('call_', `${this.#call.identity}/${at}`, 24),
      name: call?.name ?? '',
      ...(call?.namespace !== undefined && { namespace: call.namespace }),
    };
  }

  #itemId(prefix: string, at = 0): string {
    return identifier(prefix, `${this.#call.identity}/${at}`, 48).toLowerCase();
  }

  #showsSummary(): boolean {
    const { reasoning } = this.#call.body;
    return isJsonObject(reasoning) && typeof (reasoning.summary ?? reasoning.generate_summary) === 'string';
  }

  #response(status: string, output: JsonObject[], usage: Usage | undefined, choice: Choice): JsonObject {
    const { body, model, created } = this.#call;
    const reason = choice.ending === 'filter' ? 'content_filter' : 'max_output_tokens';
    const reasoning = isJsonObject(body.reasoning) ? body.reasoning : {};
    return {
      id: this.id,
      object: 'response',
      created_at: created,
      status,
      background: false,
      completed_at: status === 'completed' ? created : null,
      error: null,
      incomplete_details: status === 'incomplete' ? { reason } : null,
      instructions: body.instructions ?? null,
      max_output_tokens: body.max_output_tokens ?? null,
      max_tool_calls: null,
      model,
      output,
      parallel_tool_calls: body.parallel_tool_calls ?? true,
      previous_response_id: body.previous_response_id ?? null,
      prompt_cache_key: body.prompt_cache_key ?? null,
      prompt_cache_retention: null,
      reasoning: { effort: reasoning.effort ?? null, summary: reasoning.summary ?? null },
      safety_identifier: body.safety_identifier ?? null,
      service_tier: status === 'in_progress' ? 'auto' : 'default',
      store: body.store ?? true,
      temperature: body.temperature ?? 1,
      text: body.text ?? { format: { type: 'text' }, verbosity: 'medium' },
      tool_choice: body.tool_choice ?? 'auto',
      tools: body.tools ?? [],
      top_logprobs: 0,
      top_p: body.top_p ?? 1,
      truncation: body.truncation ?? 'disabled',
      usage: usage === undefined ? null : responseUsage(usage),
      ...(usage !== undefined && choice.search !== undefined && { tool_usage: { web_search: { num_requests: 1 } } }),
      user: body.user ?? null,
      metadata: body.metadata ?? {},
    };
  }
}

/** The events of a stream, with the sequence numbers that OpenAI gives them. */
class NumberedEvents {
  readonly list: StreamEvent[] = [];

  add(part: StreamEvent['part'], type: string, members: JsonObject, tokens = 0): void {
    this.list.push(jsonEvent(part, { type, sequence_number: this.list.length, ...members }, tokens, type));
  }
}

function only(answer: Answer): Choice {
  const [choice] = answer.choices;
  if (choice === undefined) throw new Error('a response has one choice');
  return choice;
}

function responseUsage(usage: Usage): JsonObject {
  return {
    input_tokens: usage.prompt,
    input_tokens_details: { cached_tokens: usage.cacheRead, cache_write_tokens: usage.cacheWrite5m },
    output_tokens: usage.completion,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: usage.prompt + usage.completion,
  };
}

/** The text that a custom tool is called with. */
function textOf({ arguments: value }: ToolCall): string {
  return isJsonObject(value) && typeof value.input === 'string' ? value.input : '';
}
