import { defined } from '../../core/defined.ts';
import type { ConversationFormat, StreamWriter } from '../../formats/format.ts';
import type {
  Choice,
  ConversationResponse,
  Finish,
  Part,
  StreamEvent,
  ToolCallPart,
  Usage,
} from '../../formats/neutral/conversation.ts';
import { eventsOf } from '../../formats/neutral/events-of.ts';
import { whyNoAnswer } from '../../formats/neutral/no-answer.ts';
import { AnswerProblem } from '../answer-problem.ts';
import type { AnsweredCalls } from '../answered-calls.ts';
import { RewrittenStream } from '../rewritten-stream.ts';
import type { StreamEnd } from '../stream-answer.ts';

interface Gathered {
  readonly parts: Part[];
  readonly calls: Map<number, number>;
  finish: Finish | undefined;
}

/** A stream whose answer is checked as a whole before the client gets any of it. */
export class CheckedStream extends RewrittenStream {
  readonly isHeld = true;
  readonly #check: (response: ConversationResponse) => ConversationResponse;
  readonly #choices = new Map<number, Gathered>();
  #start: Extract<StreamEvent, { type: 'start' }> | undefined;
  #used: Usage | undefined;

  constructor(
    provider: ConversationFormat,
    writer: StreamWriter,
    write: (bytes: Uint8Array | string) => void,
    calls: AnsweredCalls,
    check: (response: ConversationResponse) => ConversationResponse,
  ) {
    super(provider, writer, write, calls);
    this.#check = check;
  }

  take(event: StreamEvent): void {
    if (!this.note(event)) return;
    if (event.type === 'start') this.#start ??= event;
    if (event.type === 'usage' || event.type === 'start') this.#used = event.usage ?? this.#used;
    if ('choice' in event) this.#gather(event);
  }

  override finish(): StreamEnd {
    if (!this.isComplete()) return super.finish();
    const response = this.#response();
    const why = whyNoAnswer(response);
    if (why !== undefined) throw new AnswerProblem({ kind: 'empty', detail: why });
    for (const event of eventsOf(this.#check(response))) if (event.type !== 'end') this.write(event);
    return super.finish();
  }

  protected override mayWrite(): boolean {
    return false;
  }

  #gather(event: Extract<StreamEvent, { choice: number }>): void {
    let choice = this.#choices.get(event.choice);
    if (choice === undefined) {
      choice = { parts: [], calls: new Map(), finish: undefined };
      this.#choices.set(event.choice, choice);
    }
    const { parts, calls } = choice;
    switch (event.type) {
      case 'text':
      case 'reasoning':
      case 'refusal': {
        const last = parts.at(-1);
        if (last?.type === event.type) parts[parts.length - 1] = { ...last, text: last.text + event.text } as Part;
        else parts.push({ type: event.type, text: event.text });
        return;
      }
      case 'tool-call':
        calls.set(event.call, parts.length);
        parts.push({ type: 'tool-call', id: event.id, name: event.name, arguments: '' });
        return;
      case 'tool-arguments': {
        const at = calls.get(event.call);
        const call = at === undefined ? undefined : (parts[at] as ToolCallPart);
        if (at !== undefined && call !== undefined) parts[at] = { ...call, arguments: call.arguments + event.text };
        return;
      }
      case 'media':
      case 'server-call':
        parts.push(event.part);
        return;
      case 'finish':
        choice.finish = event.finish;
        return;
      default:
    }
  }

  #response(): ConversationResponse {
    const choices: Choice[] = [...this.#choices].map(([index, { parts, finish }]) => ({
      index,
      parts,
      finish: finish ?? { reason: 'other' },
    }));
    const { createdSeconds, serviceTier, systemFingerprint, id = '', model = '' } = this.#start ?? {};
    return { id, model, choices, ...defined({ createdSeconds, serviceTier, systemFingerprint, usage: this.#used }) };
  }
}
