import type { ConversationResponse, StreamEvent } from '../formats/neutral/conversation.ts';

/** What the calls of an answer need on their way to the client. */
export interface AnsweredCalls {
  /** From what ids are made for calls that have none. */
  readonly seed: string;
  /** The client's names of tools that were written otherwise for the provider. */
  readonly names: ReadonlyMap<string, string>;
}

/** A whole answer with the client's names of tools. */
export function withClientNames(response: ConversationResponse, { names }: AnsweredCalls): ConversationResponse {
  if (names.size === 0) return response;
  return {
    ...response,
    choices: response.choices.map((choice) => ({
      ...choice,
      parts: choice.parts.map((part) =>
        part.type === 'tool-call' ? { ...part, name: names.get(part.name) ?? part.name } : part,
      ),
    })),
  };
}

/** An event of a stream with the client's name of a tool. */
export function withClientName(event: StreamEvent, { names }: AnsweredCalls): StreamEvent {
  const name = event.type === 'tool-call' ? names.get(event.name) : undefined;
  return name === undefined || event.type !== 'tool-call' ? event : { ...event, name };
}
