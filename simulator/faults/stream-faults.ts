import { errorBody } from '../formats/errors.ts';
import type { Reply, Step } from '../sending/reply.ts';
import { afterTokens, bytesOf, editMembers } from './alter.ts';
import type { Effect, Fault, FaultContext } from './fault.ts';
import { numbersIn } from './fault.ts';

/** Cuts after N tokens; with `-of-M` the answer has M tokens. */
function cut(argument: string, then: readonly Step[]): Effect {
  const [after = 10, of = 0] = numbersIn(argument, 10, 0);
  return {
    ...(of > 0 ? { wishes: { tokens: of, reason: false } } : {}),
    alter: (reply) => afterTokens(reply, after, then),
  };
}

/** Faults of time and of the course of a stream. */
export const streamFaults: readonly Fault[] = [
  {
    name: 'reset-after',
    argument: 'N-of-M',
    does: 'Resets the connection (RST) after N tokens (10) of an answer of M.',
    cases: ['S08', 'S14', 'F7'],
    effect: ({ argument }) => cut(argument, [{ do: 'reset' }]),
  },
  {
    name: 'fin-after',
    argument: 'N-of-M',
    does: 'Closes the connection (FIN) after N tokens, with the HTTP body unfinished.',
    cases: ['S08', 'F8'],
    effect: ({ argument }) => cut(argument, [{ do: 'fin' }]),
  },
  {
    name: 'end-after',
    argument: 'N-of-M',
    does: 'Ends the HTTP body properly after N tokens, without finish reason or end mark: the silent truncation.',
    cases: ['S08', 'F8'],
    effect: ({ argument }) => {
      const effect = cut(argument, []);
      // A whole body would otherwise still promise its length.
      return { ...effect, alter: (reply) => unpromised(effect.alter?.(reply) ?? reply) };
    },
  },
  {
    name: 'headers-after',
    argument: 'SECONDS',
    does: 'Sends even its headers only after SECONDS (20).',
    cases: ['S07', 'F9'],
    effect: ({ argument }) => ({
      alter: (reply) => ({ ...reply, before: [...reply.before, { do: 'wait', ms: seconds(argument, 20) }] }),
    }),
  },
  {
    name: 'first-token-after',
    argument: 'SECONDS',
    does: 'Sends its headers at once and its first token after SECONDS (20).',
    cases: ['S07', 'F9'],
    effect: ({ argument }) => ({
      alter: (reply) => ({ ...reply, body: prepend({ do: 'wait', ms: seconds(argument, 20) }, reply.body) }),
    }),
  },
  {
    name: 'stall-after',
    argument: 'N-for-SECONDS',
    does: 'Falls silent after N tokens (20), for SECONDS and then goes on, or without them for ever.',
    cases: ['S09', 'F10'],
    effect: ({ argument }) => {
      const [after = 20, forSeconds = 0] = numbersIn(argument, 20, 0);
      const pause: Step = forSeconds > 0 ? { do: 'wait', ms: forSeconds * 1000 } : { do: 'hang' };
      return { alter: (reply) => afterTokens(reply, after, [pause], true) };
    },
  },
  {
    name: 'drip',
    argument: 'MILLISECONDS',
    does: 'Sends one byte each MILLISECONDS (1,000).',
    cases: ['F11'],
    effect: ({ argument }) => ({
      alter: (reply) => ({ ...reply, body: drip(bytesOf(reply), numbersIn(argument, 1000)[0] ?? 1000) }),
    }),
  },
  {
    name: 'malformed-chunk',
    argument: 'N',
    does: 'Slips in one event of broken JSON after N tokens (10); everything else is whole.',
    cases: ['S10', 'F16'],
    effect: ({ argument, family }) => {
      const [after = 10] = numbersIn(argument, 10);
      const data =
        family === 'gemini'
          ? '{"candidates":[{"content":{"parts":[{"te'
          : '{"id":"chatcmpl-broken","choices":[{"delta":{"conte';
      const name =
        family === 'anthropic'
          ? 'content_block_delta'
          : family === 'responses'
            ? 'response.output_text.delta'
            : undefined;
      const event = { ...(name === undefined ? {} : { name }), data, tokens: 0, part: 'content' as const };
      return {
        alter: (reply) =>
          afterTokens(reply, after, [reply.isStream ? { do: 'event', event } : { do: 'bytes', bytes: '}{' }], true),
      };
    },
  },
  {
    name: 'no-done',
    does: 'Ends the stream properly but leaves out the end mark (`[DONE]`, `message_stop`).',
    cases: ['F8'],
    effect: () => ({ alter: (reply) => withoutDone(reply, []) }),
  },
  {
    name: 'no-done-open',
    does: 'Sends finish reason and usage, never the end mark, and leaves the connection open.',
    cases: ['S11'],
    effect: () => ({ alter: (reply) => withoutDone(reply, [{ do: 'hang' }]) }),
  },
  {
    name: 'error-event',
    argument: 'N',
    does: 'Sends an error event in the provider’s shape after N tokens (10), then ends.',
    cases: ['F19'],
    effect: (context) => {
      const [after = 10] = numbersIn(context.argument, 10);
      return { alter: (reply) => (reply.isStream ? afterTokens(reply, after, [errorEvent(context, reply)]) : reply) };
    },
  },
  {
    name: 'infinite',
    does: 'Never stops talking.',
    cases: ['F28'],
    effect: () => ({ alter: (reply) => unpromised({ ...reply, body: endless(reply.body) }) }),
  },
  {
    name: 'huge-event',
    argument: 'MEGABYTES',
    does: 'Puts MEGABYTES (10) of text into one event, or into a whole body.',
    cases: ['F17'],
    effect: ({ argument }) => {
      const text = 'x'.repeat((numbersIn(argument, 10)[0] ?? 10) * 1024 * 1024);
      return { alter: (reply) => inflate(reply, text) };
    },
  },
  ...framingFaults(),
];

const seconds = (argument: string, usual: number): number => (numbersIn(argument, usual)[0] ?? usual) * 1000;

function* prepend(step: Step, steps: Iterable<Step>): Generator<Step> {
  yield step;
  yield* steps;
}

function* drip(bytes: Buffer, everyMs: number): Generator<Step> {
  for (let at = 0; at < bytes.length; at++) {
    yield { do: 'bytes', bytes: bytes.subarray(at, at + 1) };
    yield { do: 'wait', ms: everyMs };
  }
}

function unpromised(reply: Reply): Reply {
  const { 'content-length': _length, ...headers } = reply.headers;
  return { ...reply, headers };
}

function withoutDone(reply: Reply, then: readonly Step[]): Reply {
  if (!reply.isStream) return reply;
  const steps = [...reply.body].filter((step) => step.do !== 'event' || step.event.part !== 'done');
  return { ...reply, body: [...steps, ...then] };
}

function errorEvent(context: FaultContext, reply: Reply): Step {
  const problem = { status: 503, kind: 'overloaded' as const, message: 'Overloaded' };
  const body = errorBody(reply.family, problem, context.requestId);
  if (reply.family === 'anthropic')
    return {
      do: 'event',
      event: { name: 'error', data: JSON.stringify({ type: 'error', error: body.error }), tokens: 0, part: 'done' },
    };
  if (reply.family === 'responses') {
    const data = { type: 'error', sequence_number: 0, code: 'server_error', message: problem.message, param: null };
    return { do: 'event', event: { name: 'error', data: JSON.stringify(data), tokens: 0, part: 'done' } };
  }
  return { do: 'event', event: { data: JSON.stringify(body), tokens: 0, part: 'done' } };
}

function* endless(steps: Iterable<Step>): Generator<Step> {
  const contents: Step[] = [];
  for (const step of steps) {
    if (step.do === 'event') {
      if (step.event.part === 'close' || step.event.part === 'done' || step.event.part === 'usage') break;
      if (step.event.tokens > 0) contents.push(step);
      // The first event after the text would close its block.
      else if (contents.length > 0) break;
    }
    if (step.do !== 'bytes') yield step;
  }
  const again: readonly Step[] = contents.length > 0 ? contents : [{ do: 'bytes', bytes: ' '.repeat(1024) }];
  for (;;) yield* again;
}

const TEXT_MEMBERS = ['content', 'text', 'thinking', 'delta', 'reasoning_content'];

function inflate(reply: Reply, text: string): Reply {
  let isDone = false;
  const grow = (data: string): string => {
    if (isDone) return data;
    const grown = editMembers(JSON.parse(data), (name, member) => {
      if (isDone || typeof member !== 'string' || member === '' || !TEXT_MEMBERS.includes(name)) return member;
      isDone = true;
      return text;
    });
    return JSON.stringify(grown);
  };
  if (!reply.isStream) {
    const bytes = Buffer.from(grow(bytesOf(reply).toString()));
    return {
      ...reply,
      headers: { ...reply.headers, 'content-length': String(bytes.length) },
      body: [{ do: 'bytes', bytes }],
    };
  }
  const body = [...reply.body].map(
    (step): Step =>
      step.do === 'event' && step.event.tokens > 0
        ? { do: 'event', event: { ...step.event, data: grow(step.event.data) } }
        : step,
  );
  return { ...reply, body };
}

/** Streams that are right but written unusually: a reader of server-sent events has to cope. */
function framingFaults(): Fault[] {
  const framed = (name: string, does: string, framing: Partial<Reply['framing']>): Fault => ({
    name,
    does,
    cases: ['F15'],
    effect: () => ({ alter: (reply) => ({ ...reply, framing: { ...reply.framing, ...framing } }) }),
  });
  return [
    {
      name: 'split',
      argument: 'BYTES',
      does: 'Writes the stream in pieces of BYTES (1), inside UTF-8 characters too.',
      cases: ['F15'],
      effect: ({ argument }) => ({
        alter: (reply) => ({
          ...reply,
          framing: { ...reply.framing, cutEvery: Math.max(1, numbersIn(argument, 1)[0] ?? 1) },
        }),
      }),
    },
    framed('crlf', 'Ends lines with CR LF.', { lineEnd: '\r\n' }),
    framed('cr', 'Ends lines with CR alone.', { lineEnd: '\r' }),
    framed('bom', 'Begins the stream with a byte order mark.', { byteOrderMark: true }),
    framed('comments', 'Puts a comment before each event.', { comments: true }),
    framed('multi-line', 'Spreads the data of each event over two `data:` lines.', { multiLine: true }),
    framed('no-trailing-newline', 'Leaves out the blank line after the last event.', { noTrailingNewline: true }),
    framed('no-space', 'Writes `data:` without the space after it.', { noSpace: true }),
    framed('empty-events', 'Puts events without data between the others.', { emptyEvents: true }),
  ];
}
