/** A response that is over, as the stream of events that it could have been: each text in one piece. */
import { type JsonObject, objectsOf, stringOf } from '../../core/json.ts';
import { EventWriter } from './event-writer.ts';

const ENDED: ReadonlySet<unknown> = new Set(['completed', 'incomplete', 'failed']);

/** Whether a response has an end that a stream can tell. */
export function hasStreamedEnd({ status }: JsonObject): boolean {
  return ENDED.has(status);
}

/** The events behind the one of this number, the first of which has another; the same response always has the same events. */
export function replayedResponse(response: JsonObject, after: number, first = 0): string {
  const { write } = new EventWriter(first);
  const begun = { ...response, status: 'in_progress', output: [], completed_at: null, usage: undefined };
  const events = [
    write('response.created', { response: begun }),
    write('response.in_progress', { response: begun }),
    ...objectsOf(response.output).flatMap((item, index) => eventsOfItem(item, index, write)),
    write(`response.${stringOf(response.status)}`, { response }),
  ];
  return events.slice(after + 1).join('');
}

type Write = EventWriter['write'];

function eventsOfItem(item: JsonObject, index: number, write: Write): string[] {
  const place = { item_id: stringOf(item.id) ?? '', output_index: index };
  const open = (begun: JsonObject): string => write('response.output_item.added', { output_index: index, item: begun });
  const done = (): string => write('response.output_item.done', { output_index: index, item });
  switch (item.type) {
    case 'message':
      return [
        open({ ...item, status: 'in_progress', content: [] }),
        ...objectsOf(item.content).flatMap((part, at) => eventsOfPart(part, { ...place, content_index: at }, write)),
        done(),
      ];
    case 'function_call': {
      const { arguments: written = '', name } = item;
      return [
        open({ ...item, status: 'in_progress', arguments: '' }),
        write('response.function_call_arguments.delta', { ...place, delta: written }),
        write('response.function_call_arguments.done', { ...place, name, arguments: written }),
        done(),
      ];
    }
    default:
      return [open(item), done()];
  }
}

function eventsOfPart(part: JsonObject, place: JsonObject, write: Write): string[] {
  const isText = part.type === 'output_text';
  const text = stringOf(isText ? part.text : part.refusal) ?? '';
  const kind = isText ? 'output_text' : 'refusal';
  const more = isText ? { logprobs: [] } : {};
  const empty = isText ? { ...part, text: '', annotations: [] } : { ...part, refusal: '' };
  return [
    write('response.content_part.added', { ...place, part: empty }),
    write(`response.${kind}.delta`, { ...place, delta: text, ...more }),
    write(`response.${kind}.done`, { ...place, [isText ? 'text' : 'refusal']: text, ...more }),
    write('response.content_part.done', { ...place, part }),
  ];
}
