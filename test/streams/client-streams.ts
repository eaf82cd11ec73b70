/** What a client makes of a stream, put together as the SDKs do: by index and by nothing else. */
import type { JsonObject, JsonValue } from '../../src/core/json.ts';

/** A call as a client sees it in the end. */
export interface SeenCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** What a client has of an answer. */
export interface SeenAnswer {
  readonly text: string;
  readonly calls: readonly SeenCall[];
  /** The kinds of blocks in order; of an OpenAI client only whether there was text. */
  readonly kinds: readonly string[];
  /** The stream holds an error, or has no end mark. */
  readonly isBroken: boolean;
}

/** The data of each event. */
export function dataOf(text: string): string[] {
  return text
    .split('\n\n')
    .flatMap((event) => event.split('\n').filter((line) => line.startsWith('data:')))
    .map((line) => line.slice('data:'.length).trim());
}

/** Reads the answer of `/v1/chat/completions`. */
export function readOpenAi(text: string): SeenAnswer {
  const calls: { id: string; name: string; arguments: string }[] = [];
  let said = '';
  let hasError = false;
  for (const data of dataOf(text)) {
    if (data === '[DONE]') continue;
    const chunk = JSON.parse(data) as { error?: JsonValue; choices?: { delta?: JsonObject }[] };
    if (chunk.error !== undefined) hasError = true;
    const delta = chunk.choices?.[0]?.delta ?? {};
    if (typeof delta.content === 'string') said += delta.content;
    for (const fragment of (delta.tool_calls ?? []) as unknown as Fragment[]) {
      let call = calls[fragment.index];
      if (call === undefined) {
        call = { id: '', name: '', arguments: '' };
        calls[fragment.index] = call;
      }
      if (fragment.id) call.id = fragment.id;
      if (fragment.function?.name) call.name += fragment.function.name;
      call.arguments += fragment.function?.arguments ?? '';
    }
  }
  return { text: said, calls, kinds: said === '' ? [] : ['text'], isBroken: hasError || !text.includes('[DONE]') };
}

interface Fragment {
  readonly index: number;
  readonly id?: string | null;
  readonly function?: { readonly name?: string | null; readonly arguments?: string };
}

interface Block {
  type: string;
  id?: string;
  name?: string;
  text: string;
}

/** Reads the answer of `/v1/messages`. */
export function readAnthropic(text: string): SeenAnswer {
  const blocks: Block[] = [];
  let hasError = false;
  for (const data of dataOf(text)) {
    const event = JSON.parse(data) as AnthropicEvent;
    if (event.type === 'error') hasError = true;
    if (event.type === 'content_block_start') blocks[event.index] = { ...event.content_block, text: '' };
    const block = event.type === 'content_block_delta' ? blocks[event.index] : undefined;
    if (block !== undefined) block.text += event.delta.text ?? event.delta.partial_json ?? '';
  }
  const kinds = blocks.map(({ type }) => type);
  const calls = blocks.filter(({ type }) => type === 'tool_use');
  return {
    text: blocks.map(({ type, text: words }) => (type === 'text' ? words : '')).join(''),
    calls: calls.map(({ id = '', name = '', text: json }) => ({ id, name, arguments: json })),
    kinds,
    isBroken: hasError || !text.includes('message_stop'),
  };
}

interface AnthropicEvent {
  readonly type: string;
  readonly index: number;
  readonly content_block: { readonly type: string; readonly id?: string; readonly name?: string };
  readonly delta: { readonly text?: string; readonly partial_json?: string };
}
