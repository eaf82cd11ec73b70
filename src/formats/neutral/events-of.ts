import { defined } from '../../core/defined.ts';
import type { Choice, ConversationResponse, Part, StreamEvent } from './conversation.ts';

/** A whole answer as the events of a stream: for a provider that answers in one piece although a stream was asked for. */
export function* eventsOf(response: ConversationResponse): Generator<StreamEvent, void> {
  const { id, model, createdSeconds, serviceTier, systemFingerprint, usage } = response;
  yield {
    type: 'start',
    id,
    model,
    ...defined({ createdSeconds, serviceTier, systemFingerprint }),
  };
  for (const choice of response.choices) yield* eventsOfChoice(choice);
  for (const citation of response.citations ?? []) yield { type: 'citation', choice: 0, citation };
  if (usage !== undefined) yield { type: 'usage', usage };
  yield { type: 'end' };
}

function* eventsOfChoice({ index: choice, parts, finish, logprobs }: Choice): Generator<StreamEvent, void> {
  let call = 0;
  let last: Part['type'] | undefined;
  for (const part of parts) {
    yield* eventsOfPart(part, choice, call, last === 'text');
    if (part.type === 'tool-call') call += 1;
    last = part.type;
  }
  yield { type: 'finish', choice, finish, ...defined({ logprobs }) };
}

function* eventsOfPart(part: Part, choice: number, call: number, isAfterText: boolean): Generator<StreamEvent, void> {
  switch (part.type) {
    case 'text':
      yield {
        type: 'text',
        choice,
        text: part.text,
        ...defined({ signature: part.signature }),
        ...(isAfterText && { startsPart: true }),
      };
      for (const citation of part.citations ?? []) yield { type: 'citation', choice, citation };
      return;
    case 'refusal':
      yield { type: 'refusal', choice, text: part.text };
      return;
    case 'reasoning':
      if (part.redacted !== undefined) yield { type: 'reasoning-redacted', choice, data: part.redacted };
      else yield { type: 'reasoning', choice, text: part.text };
      if (part.signature !== undefined) yield { type: 'reasoning-signature', choice, signature: part.signature };
      return;
    case 'tool-call': {
      const { id, name, signature, custom, extra } = part;
      const marks = { ...defined({ signature, custom, extra }) };
      yield { type: 'tool-call', choice, call, id, name, ...marks };
      yield { type: 'tool-arguments', choice, call, text: part.arguments };
      return;
    }
    case 'image':
    case 'audio':
      yield { type: 'media', choice, part };
      return;
    case 'server-call':
      yield { type: 'server-call', choice, part };
      return;
    case 'opaque':
      yield { type: 'opaque', choice, format: part.format, value: part.value };
      return;
    case 'document':
    case 'video':
    case 'tool-result':
      // A model does not answer with these.
      return;
  }
}
