/** Writes a client's stream of text completion chunks: text as it comes, the ends, usage if it was asked for. */
import type { JsonObject } from '../../core/json.ts';
import type { AnswerFacts, ClientError, StreamWriter } from '../format.ts';
import type { StreamEvent, Usage } from '../neutral/conversation.ts';
import { writeError } from '../openai-chat/errors.ts';
import { writeUsage } from '../openai-chat/usage.ts';
import { echoOf } from './for-chat.ts';
import { writeCompletionLogprobs } from './logprobs.ts';
import { textCompletionId, writeCompletionFinish } from './write-response.ts';

type Of<Type extends StreamEvent['type']> = Extract<StreamEvent, { readonly type: Type }>;

interface OpenChoice {
  isFinished: boolean;
  textLength: number;
}

/** The writer of one stream. */
export class OpenAiCompletionsStreamWriter implements StreamWriter {
  readonly #facts: AnswerFacts;
  readonly #choices = new Map<number, OpenChoice>();
  #head: string | undefined;
  #start: Of<'start'> | undefined;
  #usage: Usage | undefined;
  /** Stands before the first text of each choice. */
  readonly #echo: string;

  constructor(facts: AnswerFacts) {
    this.#facts = facts;
    this.#echo = echoOf(facts);
  }

  write(event: StreamEvent): string {
    switch (event.type) {
      case 'start':
        this.#start = event;
        this.#usage = event.usage ?? this.#usage;
        return '';
      case 'text':
      case 'refusal':
        return this.#writeText(event);
      case 'finish':
        return this.#writeFinish(event);
      case 'usage':
        this.#usage = event.usage;
        return '';
      default:
        // Reasoning, tool calls and media have no place in a text completion.
        return '';
    }
  }

  end(): string {
    let text = '';
    if (this.#choices.size === 0) this.#choiceAt(0);
    for (const [index, choice] of this.#choices) {
      if (!choice.isFinished) text += this.#chunk(index, '""', 'null', '"stop"');
    }
    if (this.#facts.streamUsage && this.#usage !== undefined) {
      text += `${this.#headOf()}"choices":[],"usage":${JSON.stringify(writeUsage(this.#usage))}}\n\n`;
    }
    return `${text}data: [DONE]\n\n`;
  }

  fail(error: ClientError): string {
    return `data: ${JSON.stringify(writeError(error))}\n\n`;
  }

  #writeText(event: Of<'text'> | Of<'refusal'>): string {
    const choice = this.#choiceAt(event.choice);
    const logprobs = event.type === 'text' ? writeCompletionLogprobs(event.logprobs, choice.textLength) : null;
    const text = choice.textLength === 0 ? this.#echo + event.text : event.text;
    choice.textLength += text.length;
    return this.#chunk(event.choice, JSON.stringify(text), JSON.stringify(logprobs), 'null');
  }

  #writeFinish(event: Of<'finish'>): string {
    const choice = this.#choiceAt(event.choice);
    if (choice.isFinished) return '';
    choice.isFinished = true;
    const logprobs = writeCompletionLogprobs(event.logprobs, choice.textLength);
    const text = choice.textLength === 0 ? JSON.stringify(this.#echo) : '""';
    return this.#chunk(event.choice, text, JSON.stringify(logprobs), `"${writeCompletionFinish(event.finish.reason)}"`);
  }

  #chunk(index: number, text: string, logprobs: string, finish: string): string {
    return `${this.#headOf()}"choices":[{"text":${text},"index":${index},"logprobs":${logprobs},"finish_reason":${finish}}]}\n\n`;
  }

  #choiceAt(index: number): OpenChoice {
    let choice = this.#choices.get(index);
    if (choice === undefined) {
      choice = { isFinished: false, textLength: 0 };
      this.#choices.set(index, choice);
    }
    return choice;
  }

  #headOf(): string {
    if (this.#head !== undefined) return this.#head;
    const members: JsonObject = {
      id: textCompletionId(this.#start?.id, this.#facts),
      object: 'text_completion',
      created: this.#start?.createdSeconds ?? this.#facts.createdSeconds,
      model: this.#facts.model,
    };
    if (this.#start?.systemFingerprint !== undefined) members.system_fingerprint = this.#start.systemFingerprint;
    this.#head = `data: ${JSON.stringify(members).slice(0, -1)},`;
    return this.#head;
  }
}
