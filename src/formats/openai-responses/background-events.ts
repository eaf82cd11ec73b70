/** The events of a response that is streamed in the background: numbered by the gateway, so that any of them can be asked for again. */
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { memberNamed, parseMember, readEnvelope } from '../../wire/envelope.ts';
import { type Edit, splice } from '../../wire/splice.ts';
import { EventWriter } from './event-writer.ts';
import { hasStreamedEnd, replayedResponse } from './replayed-response.ts';

/** An event of an answer on its way into the background. */
type BackgroundEvent =
  /** The answer is over; the gateway says so itself once it is stored. `failed`: the response as it failed. */
  | { readonly kind: 'end'; readonly failed: JsonObject | undefined }
  /** The gateway said this already. */
  | { readonly kind: 'known' }
  | { readonly kind: 'event'; readonly write: (number: number) => string };

const ENDS: ReadonlySet<unknown> = new Set(['response.completed', 'response.incomplete', 'response.failed']);
const BEGINNINGS: ReadonlySet<unknown> = new Set(['response.created', 'response.queued']);

/** The data of an event as the gateway tells it; `told`: the members of the response that only the gateway knows. */
export function backgroundEvent(data: string, told: JsonObject): BackgroundEvent {
  const bytes = Buffer.from(data);
  const envelope = readEnvelope(bytes);
  if (!envelope.ok) return { kind: 'known' };
  const memberOf = (name: string) => {
    const member = memberNamed(envelope, name);
    return member === undefined ? undefined : parseMember(bytes, member);
  };
  const type = memberOf('type');
  if (typeof type !== 'string' || BEGINNINGS.has(type)) return { kind: 'known' };
  const response = memberNamed(envelope, 'response') === undefined ? undefined : memberOf('response');
  if (ENDS.has(type)) {
    return { kind: 'end', failed: type === 'response.failed' && isJsonObject(response) ? response : undefined };
  }
  return {
    kind: 'event',
    write: (number) => {
      const set = (name: string, json: string): Edit => ({
        edit: memberNamed(envelope, name) === undefined ? 'add' : 'replace',
        ...{ name, json },
      });
      const edits = [set('sequence_number', String(number))];
      if (isJsonObject(response)) edits.push(set('response', JSON.stringify({ ...response, ...told })));
      const json = splice(bytes, envelope, edits).toString('utf8');
      // JSON may be written in several lines; here an event has one.
      return `event: ${type}\ndata: ${json.includes('\n') ? JSON.stringify(JSON.parse(json)) : json}\n\n`;
    },
  };
}

/** The events with which a response begins that waits in the background. */
export function queuedEvents(queued: JsonObject): readonly string[] {
  const { write } = new EventWriter();
  return ['response.created', 'response.queued'].map((type) => write(type, { response: queued }));
}

/** The last event of a response that is over. OpenAI's schema has none for one that was cancelled: it gets that of an incomplete one. */
export function lastEvent(response: JsonObject, number: number): string {
  const type = hasStreamedEnd(response) ? `response.${String(response.status)}` : 'response.incomplete';
  return new EventWriter(number).write(type, { response });
}

/** The events of a response that came whole, from the beginning of the work on it to before its end. */
export function eventsOfWhole(response: JsonObject, first: number): readonly string[] {
  return eventsIn(replayedResponse(response, -1, first - 1)).slice(1, -1);
}

/** The events in a text that was written here. */
export function eventsIn(text: string): readonly string[] {
  return text.split('\n\n').flatMap((event) => (event === '' ? [] : [`${event}\n\n`]));
}

/** Whether an event that was written here is the last one. */
export function isEnd(event: string): boolean {
  return ENDS.has(/^event: (.*)\n/.exec(event)?.[1]);
}
