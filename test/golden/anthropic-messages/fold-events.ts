/** Folds the events of a stream into the answer they spell, straight from what `StreamEvent` promises. */
import type {
  Citation,
  ConversationResponse,
  Finish,
  Part,
  StreamEvent,
  ToolCallPart,
  Usage,
} from '../../../src/formats/neutral/conversation.ts';

/** The whole answer a stream's events add up to, and how the stream ended. */
export function foldEvents(events: readonly StreamEvent[]): {
  response: ConversationResponse;
  ending: 'end' | 'error' | 'cut';
} {
  const parts: Part[] = [];
  const placeOfCall = new Map<number, number>();
  let id = '';
  let model = '';
  let usage: Usage | undefined;
  let finish: Finish = { reason: 'other' };
  let ending: 'end' | 'error' | 'cut' = 'cut';
  let mayGrow = false;
  let pending: Citation[] = [];

  const openText = (startsPart: boolean): void => {
    if (startsPart || parts.at(-1)?.type !== 'text') parts.push({ type: 'text', text: '' });
  };
  const changeLast = (change: (part: Part) => Part): void => {
    const last = parts.at(-1);
    if (last !== undefined) parts[parts.length - 1] = change(last);
  };

  for (const event of events) {
    switch (event.type) {
      case 'start':
        id = event.id ?? id;
        model = event.model ?? model;
        usage = event.usage ?? usage;
        break;
      case 'text':
        openText(event.startsPart === true);
        changeLast((part) => (part.type === 'text' ? { ...part, text: part.text + event.text } : part));
        break;
      case 'citation':
        openText(event.startsPart === true);
        pending = [event.citation];
        changeLast((part) =>
          part.type === 'text' ? { ...part, citations: [...(part.citations ?? []), ...pending] } : part,
        );
        break;
      case 'reasoning':
        if (!(mayGrow && parts.at(-1)?.type === 'reasoning')) parts.push({ type: 'reasoning', text: '' });
        changeLast((part) => (part.type === 'reasoning' ? { ...part, text: part.text + event.text } : part));
        break;
      case 'reasoning-signature':
        if (!(mayGrow && parts.at(-1)?.type === 'reasoning')) parts.push({ type: 'reasoning', text: '' });
        changeLast((part) => (part.type === 'reasoning' ? { ...part, signature: event.signature } : part));
        break;
      case 'reasoning-redacted':
        parts.push({ type: 'reasoning', text: '', redacted: event.data });
        break;
      case 'tool-call': {
        placeOfCall.set(event.call, parts.length);
        const { id: callId, name, signature, extra } = event;
        parts.push({
          type: 'tool-call',
          id: callId,
          name,
          arguments: '',
          ...(signature !== undefined && { signature }),
          ...(extra !== undefined && { extra }),
        });
        break;
      }
      case 'tool-arguments': {
        const place = placeOfCall.get(event.call) ?? -1;
        const call = parts[place] as ToolCallPart;
        parts[place] = { ...call, arguments: call.arguments + event.text };
        break;
      }
      case 'server-call':
        parts.push(event.part);
        break;
      case 'opaque':
        parts.push({ type: 'opaque', format: event.format, value: event.value });
        break;
      case 'finish':
        finish = event.finish;
        break;
      case 'usage':
        usage = event.usage;
        break;
      case 'error':
      case 'end':
        ending = event.type;
        break;
    }
    mayGrow = event.type === 'reasoning';
  }
  const response: ConversationResponse = {
    id,
    model,
    choices: [{ index: 0, parts, finish }],
    ...(usage !== undefined && { usage }),
    ...(usage?.serviceTier !== undefined && { serviceTier: usage.serviceTier }),
  };
  return { response, ending };
}
