/** The state of a stream of Claude's that breaks off: its blocks by number, and what has no neutral event before its end. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { StreamPosition } from '../format.ts';

type Block = NonNullable<StreamPosition['block']>;

/** Reads the position after these events; each is the data of one. Data that is not JSON is skipped. */
export function readPosition(events: readonly string[]): StreamPosition {
  let hasStarted = false;
  let hasFinish = false;
  let hasToolCall = false;
  let block: Block = { index: -1, open: 'none' };
  for (const data of events) {
    const event = parse(data);
    switch (event?.type) {
      case 'message_start':
        hasStarted = true;
        break;
      case 'content_block_start': {
        const kind = isJsonObject(event.content_block) ? event.content_block.type : undefined;
        hasToolCall ||= kind !== 'text' && kind !== 'thinking' && kind !== 'redacted_thinking';
        block = { index: indexOf(event.index, block.index + 1), open: openAs(kind) };
        break;
      }
      case 'content_block_stop':
        block = { index: block.index, open: 'none' };
        break;
      case 'message_delta':
        hasFinish ||= isJsonObject(event.delta) && typeof event.delta.stop_reason === 'string';
        break;
      case 'message_stop':
        hasFinish = true;
        break;
    }
  }
  return { hasFinish, hasToolCall, ...(hasStarted && { block }) };
}

function indexOf(value: JsonValue | undefined, otherwise: number): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : otherwise;
}

function openAs(kind: JsonValue | undefined): Block['open'] {
  return kind === 'text' || kind === 'thinking' ? kind : 'other';
}

function parse(data: string): JsonObject | undefined {
  try {
    const value = JSON.parse(data) as JsonValue;
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
