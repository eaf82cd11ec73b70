import { defined } from '../../core/defined.ts';
import type {
  Citation,
  ConversationResponse,
  Finish,
  Part,
  ReasoningPart,
  StreamEvent,
  TextPart,
  ToolCallPart,
} from './conversation.ts';

type Draft<Of> = { -readonly [Name in keyof Of]: Of[Name] };

interface ChoiceDraft {
  readonly index: number;
  readonly parts: Draft<Part>[];
  readonly calls: Map<number, Draft<ToolCallPart>>;
  logprobs: unknown[];
  finish: Finish | undefined;
}

/**
 * The whole answer that the events of a stream tell; undefined if they tell none: the stream was cut, or ended with an error, or tells
 * something in a way that a whole answer has no place for. The reverse of `eventsOf`.
 */
export class ResponseBuilder {
  readonly #choices = new Map<number, ChoiceDraft>();
  #start: Extract<StreamEvent, { readonly type: 'start' }> | undefined;
  #usage: ConversationResponse['usage'];
  #isWhole = false;
  #isBroken = false;

  /** Takes the next event. */
  readonly take = (event: StreamEvent): void => {
    switch (event.type) {
      case 'start':
        this.#start ??= event;
        this.#usage ??= event.usage;
        return;
      case 'usage':
        this.#usage = event.usage;
        return;
      case 'end':
        this.#isWhole = true;
        return;
      case 'error':
        this.#isBroken = true;
        return;
      default:
        this.#takeInto(this.#choice(event.choice), event);
    }
  };

  /** The answer, once all events were taken. */
  get response(): ConversationResponse | undefined {
    const choices = [...this.#choices.values()].sort((left, right) => left.index - right.index);
    if (!this.#isWhole || this.#isBroken || choices.length === 0) return undefined;
    const { id = '', model = '', createdSeconds, serviceTier, systemFingerprint } = this.#start ?? {};
    return {
      id,
      model,
      ...defined({ createdSeconds, serviceTier, systemFingerprint, usage: this.#usage }),
      choices: choices.map(({ index, parts, finish = { reason: 'other' } }) => ({ index, parts, finish })),
    };
  }

  #choice(index: number): ChoiceDraft {
    let choice = this.#choices.get(index);
    if (choice === undefined) {
      choice = { index, parts: [], calls: new Map(), logprobs: [], finish: undefined };
      this.#choices.set(index, choice);
    }
    return choice;
  }

  #takeInto(
    choice: ChoiceDraft,
    event: Exclude<StreamEvent, { readonly type: 'start' | 'usage' | 'end' | 'error' }>,
  ): void {
    const { parts, calls } = choice;
    const last = parts.at(-1);
    switch (event.type) {
      case 'text': {
        // Log probabilities come in pieces that each format joins in its own way.
        if (event.logprobs !== undefined) this.#isBroken = true;
        const text = last?.type === 'text' && event.startsPart !== true ? last : undefined;
        if (text === undefined)
          parts.push({ type: 'text', text: event.text, ...defined({ signature: event.signature }) });
        else {
          text.text += event.text;
          if (event.signature !== undefined) text.signature = event.signature;
        }
        return;
      }
      case 'citation':
        cite(parts, event.citation, event.startsPart === true);
        return;
      case 'reasoning':
        if (isOpenReasoning(last)) last.text += event.text;
        else parts.push({ type: 'reasoning', text: event.text });
        return;
      case 'reasoning-signature':
        if (isOpenReasoning(last)) last.signature = event.signature;
        else parts.push({ type: 'reasoning', text: '', signature: event.signature });
        return;
      case 'reasoning-redacted':
        parts.push({ type: 'reasoning', text: '', redacted: event.data });
        return;
      case 'refusal':
        if (last?.type === 'refusal') last.text += event.text;
        else parts.push({ type: 'refusal', text: event.text });
        return;
      case 'tool-call': {
        const { id, name, signature, custom, extra } = event;
        const call: Draft<ToolCallPart> = {
          type: 'tool-call',
          id,
          name,
          arguments: '',
          ...defined({ signature, custom, extra }),
        };
        calls.set(event.call, call);
        parts.push(call);
        return;
      }
      case 'tool-arguments': {
        const call = calls.get(event.call);
        if (call === undefined) this.#isBroken = true;
        else call.arguments += event.text;
        return;
      }
      case 'media':
      case 'server-call':
        parts.push(event.part);
        return;
      case 'opaque':
        parts.push({ type: 'opaque', format: event.format, value: event.value });
        return;
      case 'finish':
        if (event.logprobs !== undefined) this.#isBroken = true;
        choice.finish = event.finish;
    }
  }
}

const isOpenReasoning = (part: Draft<Part> | undefined): part is Draft<ReasoningPart> =>
  part?.type === 'reasoning' && part.signature === undefined && part.redacted === undefined;

function cite(parts: Draft<Part>[], citation: Citation, startsPart: boolean): void {
  const last = parts.at(-1);
  let text: Draft<TextPart>;
  if (last?.type === 'text' && !startsPart) text = last;
  else {
    text = { type: 'text', text: '' };
    parts.push(text);
  }
  text.citations = [...(text.citations ?? []), citation];
}
