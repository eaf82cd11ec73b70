import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { Framer } from '../sending/frame.ts';
import type { Reply, Step } from '../sending/reply.ts';

/** The reply's body up to a number of tokens, then other steps. Of a whole body it is the same share of the bytes. */
export function afterTokens(reply: Reply, tokens: number, then: readonly Step[], goesOn = false): Reply {
  if (!reply.isStream) return afterShare(reply, tokens, then, goesOn);
  return { ...reply, body: cutSteps(reply.body, tokens, then, goesOn) };
}

function* cutSteps(steps: Iterable<Step>, tokens: number, then: readonly Step[], goesOn: boolean): Generator<Step> {
  let seen = 0;
  let isDone = false;
  for (const step of steps) {
    const isContent = step.do === 'event' && step.event.tokens > 0;
    const isEnd = step.do === 'event' && (step.event.part === 'close' || step.event.part === 'done');
    if (!isDone && ((isContent && seen >= tokens) || isEnd)) {
      isDone = true;
      yield* then;
      if (!goesOn) return;
    }
    if (isContent) seen += step.event.tokens;
    yield step;
  }
}

function afterShare(reply: Reply, tokens: number, then: readonly Step[], goesOn: boolean): Reply {
  const bytes = bytesOf(reply);
  const all = Math.max(reply.usage?.completion ?? tokens * 2, 1);
  const at = Math.floor(bytes.length * Math.min(tokens / all, 0.9));
  const head: Step = { do: 'bytes', bytes: bytes.subarray(0, at), tokens: Math.min(tokens, all) };
  const rest: Step = { do: 'bytes', bytes: bytes.subarray(at) };
  return { ...reply, body: goesOn ? [head, ...then, rest] : [head, ...then] };
}

/** A finite reply's body as the bytes that would be sent. */
export function bytesOf(reply: Reply): Buffer {
  const framer = new Framer(reply.framing);
  const steps = [...reply.body];
  const parts = steps.map((step, index) => {
    if (step.do === 'event') return framer.frame(step.event, index === steps.length - 1);
    return step.do === 'bytes' ? Buffer.from(step.bytes) : Buffer.alloc(0);
  });
  const end = reply.isStream ? framer.end() : undefined;
  return Buffer.concat(end === undefined ? parts : [...parts, end]);
}

/** A reply whose body is these bytes, sent in pieces where it streams. */
export function withBytes(reply: Reply, bytes: Buffer, headers: Record<string, string> = {}): Reply {
  const { 'content-length': _length, ...rest } = reply.headers;
  const size = reply.isStream ? 256 : Math.max(bytes.length, 1);
  const body: Step[] = [];
  for (let at = 0; at < bytes.length; at += size) body.push({ do: 'bytes', bytes: bytes.subarray(at, at + size) });
  const length: Record<string, string> = reply.isStream ? {} : { 'content-length': String(bytes.length) };
  return { ...reply, headers: { ...rest, ...length, ...headers }, body };
}

/** Changes the JSON of a whole body, or of each event of a stream. */
export function editJson(reply: Reply, edit: (json: JsonObject) => JsonObject | string): Reply {
  const text = (data: string): string => {
    const edited = edit(JSON.parse(data));
    return typeof edited === 'string' ? edited : JSON.stringify(edited);
  };
  if (!reply.isStream) {
    const edited = withBytes(reply, Buffer.from(text(bytesOf(reply).toString())));
    return edited;
  }
  return { ...reply, body: editEvents(reply.body, text) };
}

function* editEvents(steps: Iterable<Step>, text: (data: string) => string): Generator<Step> {
  for (const step of steps) {
    if (step.do !== 'event' || step.event.data === '[DONE]') yield step;
    else yield { do: 'event', event: { ...step.event, data: text(step.event.data) } };
  }
}

/** Rebuilds a JSON value, with each member of an object replaced by what `edit` returns; `undefined` removes it. */
export function editMembers(
  value: JsonValue,
  edit: (name: string, member: JsonValue) => JsonValue | undefined,
): JsonValue {
  if (Array.isArray(value)) return value.map((entry) => editMembers(entry, edit));
  if (typeof value !== 'object' || value === null) return value;
  const edited: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const replaced = edit(name, member);
    if (replaced !== undefined) edited[name] = replaced === member ? editMembers(member, edit) : replaced;
  }
  return edited;
}
