import { isJsonObject, type JsonObject } from '../../../src/core/json.ts';
import { type Answer, argumentText, type Choice, type ToolCall, type Usage } from '../../answering/ask.ts';
import { toolCallTokens } from '../../answering/compose.ts';
import { identifier, seededRandom } from '../../answering/seeded.ts';
import { tokenise } from '../../answering/tokens.ts';
import type { StreamEvent } from '../../sending/reply.ts';
import { type Call, jsonEvent } from '../operation.ts';
import { annotationsOf, foundPages } from './web-search.ts';

/** Writes chat completions, whole and streamed, as OpenAI and DeepSeek do. */
export class ChatWriter {
  readonly #call: Call;
  readonly #id: string;
  readonly #fingerprint: string;
  readonly #wantsLogprobs: boolean;
  readonly #alternatives: number;

  constructor(call: Call) {
    this.#call = call;
    this.#id = identifier('chatcmpl-', call.identity);
    this.#fingerprint = `fp_${identifier('', call.model, 10).toLowerCase()}`;
    this.#wantsLogprobs = call.body.logprobs === true;
    this.#alternatives = typeof call.body.top_logprobs === 'number' ? call.body.top_logprobs : 0;
  }

  whole(answer: Answer): JsonObject {
    return {
      id: this.#id,
      object: 'chat.completion',
      created: this.#call.created,
      model: this.#call.model,
      choices: answer.choices.map((choice, index) => ({
        index,
        message: this.#message(choice, index),
        logprobs: this.#wantsLogprobs ? this.#logprobs(choice.text) : null,
        finish_reason: finishReason(choice),
        ...(this.#call.flavour === 'azure' ? { content_filter_results: UNFILTERED } : {}),
      })),
      ...(this.#call.flavour === 'azure' ? PROMPT_UNFILTERED : {}),
      usage: chatUsage(answer.usage, this.#call.flavour),
      service_tier: 'default',
      system_fingerprint: this.#fingerprint,
      ...foundPages(answer.choices, this.#call),
    };
  }

  events(answer: Answer): StreamEvent[] {
    const events = answer.choices.flatMap((choice, index) => this.#choiceEvents(choice, index));
    const usage = chatUsage(answer.usage, this.#call.flavour);
    const { stream_options: options } = this.#call.body;
    if (this.#call.flavour === 'deepseek') {
      // DeepSeek puts the usage into the last chunk, asked or not (recorded 2025-12).
      const last = events.pop();
      if (last !== undefined) {
        const chunk: JsonObject = JSON.parse(last.data);
        events.push(jsonEvent('close', { ...chunk, usage }));
      }
    } else if (isJsonObject(options) && options.include_usage === true) {
      events.push(jsonEvent('usage', this.#chunk([], usage)));
    }
    // Azure begins with a chunk that has no choice and not even an id (recorded by many, 2024 to 2026).
    if (this.#call.flavour === 'azure') {
      events.unshift(
        jsonEvent('open', { choices: [], created: 0, id: '', model: '', object: '', ...PROMPT_UNFILTERED }),
      );
    }
    return [...events, { data: '[DONE]', tokens: 0, part: 'done' }];
  }

  #message(choice: Choice, index: number): JsonObject {
    const text = choice.text.join('');
    const isRefusal = choice.ending === 'refusal';
    const calls = choice.toolCalls;
    return {
      role: 'assistant',
      content: isRefusal || (calls.length > 0 && text === '') ? null : text,
      ...(this.#showsReasoning(choice) ? { reasoning_content: choice.reasoning.join('') } : {}),
      ...(calls.length > 0 ? { tool_calls: calls.map((call, at) => this.#toolCall(call, index, at)) } : {}),
      refusal: isRefusal ? text : null,
      annotations: this.#annotations(choice),
    };
  }

  /** Z.AI tells its sources beside the choices. */
  #annotations(choice: Choice): JsonObject[] {
    return foundPages([choice], this.#call).web_search === undefined ? annotationsOf(choice) : [];
  }

  /** OpenAI keeps its models' reasoning to itself; the others show it. */
  #showsReasoning(choice: Choice): boolean {
    const { flavour } = this.#call;
    return choice.reasoning.length > 0 && flavour !== 'openai' && flavour !== 'azure';
  }

  #toolCall(call: ToolCall, index: number, at: number): JsonObject {
    return {
      id: this.#callId(index, at),
      type: 'function',
      function: { name: call.name, arguments: argumentText(call) },
    };
  }

  #callId(index: number, at: number): string {
    return identifier('call_', `${this.#call.identity}/${index}/${at}`, 24);
  }

  #choiceEvents(choice: Choice, index: number): StreamEvent[] {
    const showsReasoning = this.#showsReasoning(choice);
    const isRefusal = choice.ending === 'refusal';
    const opening: JsonObject = {
      role: 'assistant',
      content: choice.toolCalls.length > 0 || showsReasoning ? null : '',
      refusal: null,
    };
    const events = [this.#delta('open', index, showsReasoning ? { ...opening, reasoning_content: '' } : opening)];
    for (const token of choice.reasoning) {
      if (showsReasoning) events.push(this.#delta('content', index, { content: null, reasoning_content: token }, 1));
    }
    for (const token of choice.text) {
      const logprobs = this.#wantsLogprobs ? this.#logprobs([token]) : null;
      events.push(this.#delta('content', index, isRefusal ? { refusal: token } : { content: token }, 1, logprobs));
    }
    choice.toolCalls.forEach((call, at) => {
      const head = {
        index: at,
        id: this.#callId(index, at),
        type: 'function',
        function: { name: call.name, arguments: '' },
      };
      events.push(this.#delta('content', index, { tool_calls: [head] }, 1));
      for (const piece of tokenise(argumentText(call))) {
        events.push(this.#delta('content', index, { tool_calls: [{ index: at, function: { arguments: piece } }] }, 1));
      }
    });
    const annotations = this.#annotations(choice);
    if (annotations.length > 0) events.push(this.#delta('content', index, { annotations }));
    // Hidden reasoning is still produced, and billed, before the first word.
    const hidden = showsReasoning ? 0 : choice.reasoning.length;
    const [first, ...rest] = events;
    const opened = first === undefined ? [] : [{ ...first, tokens: hidden }];
    return [...opened, ...rest, this.#finish(index, choice)];
  }

  #finish(index: number, choice: Choice): StreamEvent {
    const chunk = this.#chunk([{ index, delta: {}, logprobs: null, finish_reason: finishReason(choice) }], null);
    return jsonEvent('close', { ...chunk, ...foundPages([choice], this.#call) });
  }

  #delta(
    part: StreamEvent['part'],
    index: number,
    delta: JsonObject,
    tokens = 0,
    logprobs: JsonObject | null = null,
  ): StreamEvent {
    return jsonEvent(part, this.#chunk([{ index, delta, logprobs, finish_reason: null }], null), tokens);
  }

  #chunk(choices: JsonObject[], usage: JsonObject | null): JsonObject {
    const { stream_options: options } = this.#call.body;
    const saysUsage = usage !== null || (isJsonObject(options) && options.include_usage === true);
    return {
      id: this.#id,
      object: 'chat.completion.chunk',
      created: this.#call.created,
      model: this.#call.model,
      service_tier: 'default',
      system_fingerprint: this.#fingerprint,
      choices,
      ...(saysUsage ? { usage } : {}),
    };
  }

  #logprobs(tokens: readonly string[]): JsonObject {
    return {
      content: tokens.map((token) => ({ ...this.#logprob(token, 0), top_logprobs: this.#topLogprobs(token) })),
      refusal: null,
    };
  }

  #topLogprobs(token: string): JsonObject[] {
    return Array.from({ length: this.#alternatives }, (_, rank) =>
      this.#logprob(rank === 0 ? token : `${token}${rank}`, rank),
    );
  }

  #logprob(token: string, rank: number): JsonObject {
    const chance = seededRandom(`${this.#call.seed}${token}`)();
    return { token, logprob: -Number((chance * 0.5 + rank * 1.25).toFixed(6)), bytes: [...Buffer.from(token)] };
  }
}

const SAFE = { filtered: false, severity: 'safe' };
const UNFILTERED = { hate: SAFE, self_harm: SAFE, sexual: SAFE, violence: SAFE };
const PROMPT_UNFILTERED = { prompt_filter_results: [{ prompt_index: 0, content_filter_results: UNFILTERED }] };

/** OpenAI's word for why an answer ended. */
export function finishReason(choice: Choice): string {
  switch (choice.ending) {
    case 'length':
      return 'length';
    case 'tools':
      return 'tool_calls';
    case 'filter':
      return 'content_filter';
    default:
      return 'stop';
  }
}

/** A chat completion's usage; DeepSeek adds its cache's hits and misses. */
function chatUsage(usage: Usage, flavour: Call['flavour']): JsonObject {
  return {
    prompt_tokens: usage.prompt,
    completion_tokens: usage.completion,
    total_tokens: usage.prompt + usage.completion,
    prompt_tokens_details: {
      cached_tokens: usage.cacheRead,
      audio_tokens: 0,
      ...(usage.cacheWrite5m > 0 && { cache_write_tokens: usage.cacheWrite5m }),
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
    ...(flavour === 'deepseek'
      ? { prompt_cache_hit_tokens: usage.cacheRead, prompt_cache_miss_tokens: usage.prompt - usage.cacheRead }
      : {}),
  };
}

/** All the tokens that a choice produced. */
export function choiceTokens(choice: Choice): number {
  return choice.toolCalls.reduce(
    (sum, call) => sum + toolCallTokens(call),
    choice.reasoning.length + choice.text.length,
  );
}
