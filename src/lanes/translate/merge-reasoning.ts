/** Reasoning as a part of the text, between `<think>` and `</think>`, for programs that look for it there. */
import type { StreamWriter } from '../../formats/format.ts';
import type { Choice, ConversationResponse, Part, StreamEvent } from '../../formats/neutral/conversation.ts';

const OPEN = '<think>';
const CLOSE = '</think>';

/** A whole answer whose text begins with its reasoning. */
export function mergeReasoning(response: ConversationResponse): ConversationResponse {
  return { ...response, choices: response.choices.map(mergeChoice) };
}

function mergeChoice(choice: Choice): Choice {
  const thoughts = choice.parts.map((part) => (part.type === 'reasoning' ? part.text : '')).join('');
  const others = choice.parts.filter(({ type }) => type !== 'reasoning');
  if (thoughts === '') return { ...choice, parts: others };
  const place = others.findIndex(({ type }) => type === 'text');
  const said = others[place];
  const merged: Part = {
    ...(said?.type === 'text' ? said : { type: 'text' as const }),
    text: `${OPEN}${thoughts}${CLOSE}${said?.type === 'text' ? said.text : ''}`,
  };
  return { ...choice, parts: said === undefined ? [merged, ...others] : others.with(place, merged) };
}

/** Writes a stream in the same way. */
export class MergingWriter implements StreamWriter {
  readonly #writer: StreamWriter;
  /** The choices whose reasoning is open. */
  readonly #thinking: Set<number>;

  /** `thinking`: the choices of a stream that is continued whose reasoning was open when it broke off. */
  constructor(writer: StreamWriter, thinking: readonly number[] = []) {
    this.#writer = writer;
    this.#thinking = new Set(thinking);
  }

  write(event: StreamEvent): string {
    if (!('choice' in event)) return this.#writer.write(event);
    const { choice } = event;
    switch (event.type) {
      case 'reasoning': {
        if (event.text === '') return '';
        const begin = this.#thinking.has(choice) ? '' : OPEN;
        this.#thinking.add(choice);
        return this.#writer.write({ type: 'text', choice, text: begin + event.text });
      }
      case 'reasoning-signature':
      case 'reasoning-redacted':
        return '';
      default:
        return this.#close(choice) + this.#writer.write(event);
    }
  }

  end(): string {
    let rest = '';
    for (const choice of [...this.#thinking]) rest += this.#close(choice);
    return rest + this.#writer.end();
  }

  fail(error: Parameters<StreamWriter['fail']>[0]): string {
    return this.#writer.fail(error);
  }

  #close(choice: number): string {
    return this.#thinking.delete(choice) ? this.#writer.write({ type: 'text', choice, text: CLOSE }) : '';
  }
}

/** The reasoning and the text of what was written so; undefined if no reasoning is in it. */
export function splitMerged(
  written: string,
): { readonly reasoning: string; readonly text: string; readonly isOpen: boolean } | undefined {
  if (!written.startsWith(OPEN)) return undefined;
  const end = written.indexOf(CLOSE);
  return end === -1
    ? { reasoning: written.slice(OPEN.length), text: '', isOpen: true }
    : { reasoning: written.slice(OPEN.length, end), text: written.slice(end + CLOSE.length), isOpen: false };
}
