import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json.ts';
import type { Answer, Ask, Choice } from '../../answering/ask.ts';
import { identifier, seededRandom } from '../../answering/seeded.ts';
import { countTokens } from '../../answering/tokens.ts';
import type { StreamEvent } from '../../sending/reply.ts';
import { invalid } from '../errors.ts';
import { checkRange, numberIn, readStop } from '../openai-chat/read.ts';
import { finishReason } from '../openai-chat/write.ts';
import { type Call, jsonEvent, type Operation } from '../operation.ts';

/** What OpenAI's completions write when `max_tokens` is left out. */
const DEFAULT_TOKENS = 16;

/** `POST …/completions`: the older operation, a prompt and what follows it. */
export const openaiCompletions: Operation = {
  name: 'openai-completions',
  family: 'openai',
  method: 'POST',
  path: /(?<!\/chat)\/completions$/,
  read(call) {
    const writer = new CompletionWriter(call);
    return {
      kind: 'generate',
      ask: readCompletion(call),
      isStream: call.body.stream === true,
      whole: (answer) => writer.whole(answer),
      events: (answer) => writer.events(answer),
    };
  },
};

function readCompletion(call: Call): Ask {
  const { body } = call;
  const prompts = readPrompts(body.prompt);
  checkRange(body, 'temperature', 0, 2);
  checkRange(body, 'max_tokens', 0, Number.MAX_SAFE_INTEGER);
  checkRange(body, 'n', 1, 128);
  const prompt = prompts.join('\n');
  return {
    model: call.model,
    prompt,
    promptTokens: countTokens(prompt),
    lastUserText: prompts.at(-1) ?? '',
    tools: [],
    toolChoice: 'none',
    parallelTools: false,
    toolResults: [],
    maxTokens: numberIn(body.max_tokens) ?? DEFAULT_TOKENS,
    stop: readStop(body.stop),
    output: { kind: 'text' },
    wantsReasoning: false,
    choices: prompts.length * (numberIn(body.n) ?? 1),
    seed: call.seed,
  };
}

/** One prompt or several, as text or as token numbers. */
function readPrompts(value: JsonValue | undefined): string[] {
  if (value === undefined || value === null) return ['<|endoftext|>'];
  if (typeof value === 'string') return [value];
  if (Array.isArray(value) && value.length > 0) {
    if (value.every((entry) => typeof entry === 'string')) return value;
    if (value.every((entry) => typeof entry === 'number')) return [value.join(' ')];
    if (value.every((entry) => Array.isArray(entry))) return value.map((entry) => entry.join(' '));
  }
  throw invalid(
    "Invalid type for 'prompt': expected one of a string, array of strings, array of integers, or array of integer arrays.",
    {
      param: 'prompt',
      code: 'invalid_type',
    },
  );
}

class CompletionWriter {
  readonly #call: Call;
  readonly #id: string;

  constructor(call: Call) {
    this.#call = call;
    this.#id = identifier('cmpl-', call.identity);
  }

  whole(answer: Answer): JsonObject {
    const echoed =
      this.#call.body.echo === true && typeof this.#call.body.prompt === 'string' ? this.#call.body.prompt : '';
    return {
      ...this.#head(),
      choices: answer.choices.map((choice, index) => ({
        text: echoed + choice.text.join(''),
        index,
        logprobs: this.#logprobs(choice.text),
        finish_reason: finishReason(choice),
      })),
      usage: usageOf(answer),
    };
  }

  events(answer: Answer): StreamEvent[] {
    const { stream_options: options } = this.#call.body;
    const wantsUsage = isJsonObject(options) && options.include_usage === true;
    const events = answer.choices.flatMap((choice, index) => this.#choiceEvents(choice, index, wantsUsage));
    if (wantsUsage) events.push(jsonEvent('usage', { ...this.#head(), choices: [], usage: usageOf(answer) }));
    return [...events, { data: '[DONE]', tokens: 0, part: 'done' }];
  }

  #choiceEvents(choice: Choice, index: number, wantsUsage: boolean): StreamEvent[] {
    const usage = wantsUsage ? { usage: null } : {};
    const events = choice.text.map((text) =>
      jsonEvent(
        'content',
        {
          ...this.#head(),
          choices: [{ text, index, logprobs: this.#logprobs([text]), finish_reason: null }],
          ...usage,
        },
        1,
      ),
    );
    const end = { text: '', index, logprobs: null, finish_reason: finishReason(choice) };
    return [...events, jsonEvent('close', { ...this.#head(), choices: [end], ...usage })];
  }

  #head(): JsonObject {
    return { id: this.#id, object: 'text_completion', created: this.#call.created, model: this.#call.model };
  }

  #logprobs(tokens: readonly string[]): JsonObject | null {
    if (typeof this.#call.body.logprobs !== 'number') return null;
    const values = tokens.map((token) => -Number(seededRandom(`${this.#call.seed}${token}`)().toFixed(6)));
    let offset = 0;
    const offsets = tokens.map((token) => {
      offset += token.length;
      return offset - token.length;
    });
    return {
      tokens: [...tokens],
      token_logprobs: values,
      top_logprobs: tokens.map((token, at) => ({ [token]: values[at] ?? 0 })),
      text_offset: offsets,
    };
  }
}

function usageOf(answer: Answer): JsonObject {
  const { prompt, completion } = answer.usage;
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}
