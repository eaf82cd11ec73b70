import type { Reply, Step } from '../sending/reply.ts';
import { bytesOf, withBytes } from './alter.ts';
import type { Fault } from './fault.ts';
import { numbersIn } from './fault.ts';

const before = (reply: Reply, ...steps: Step[]): Reply => ({ ...reply, before: [...reply.before, ...steps] });
const withoutLength = (reply: Reply): Reply['headers'] => {
  const { 'content-length': _length, ...headers } = reply.headers;
  return headers;
};

/** Faults of the connection and of HTTP itself. */
export const socketFaults: readonly Fault[] = [
  {
    name: 'reset-before-headers',
    does: 'Reads the request and resets the connection (RST) before any header.',
    cases: ['S05', 'F5'],
    effect: () => ({ alter: (reply) => before(reply, { do: 'reset' }) }),
  },
  {
    name: 'reset-after-headers',
    does: 'Sends the headers and resets the connection before any byte of the body.',
    cases: ['F6'],
    effect: () => ({ alter: (reply) => ({ ...reply, body: [{ do: 'reset' }] }) }),
  },
  {
    name: 'close-before-headers',
    does: 'Reads the request and closes the connection (FIN) without an answer.',
    cases: ['F5'],
    effect: () => ({ alter: (reply) => before(reply, { do: 'fin' }) }),
  },
  {
    name: 'hang',
    argument: 'SECONDS',
    does: 'Accepts the request and does not answer; with SECONDS it answers after them.',
    cases: ['S06', 'F9', 'F13'],
    effect: ({ argument }) => ({
      alter: (reply) =>
        before(reply, argument === '' ? { do: 'hang' } : { do: 'wait', ms: (numbersIn(argument, 0)[0] ?? 0) * 1000 }),
    }),
  },
  {
    name: 'stale-socket',
    does: 'Answers, keeps the connection alive, and resets it when the next request comes on it.',
    cases: ['F12'],
    effect: () => ({ alter: (reply) => ({ ...reply, after: 'reset-when-reused' }) }),
  },
  {
    name: 'close-after',
    does: 'Answers as if the connection stayed alive, then closes it at once.',
    cases: ['F12'],
    effect: () => ({ alter: (reply) => ({ ...reply, after: 'close' }) }),
  },
  {
    name: 'length-short',
    does: 'Says a Content-Length 20 bytes shorter than the body.',
    cases: ['F22'],
    effect: () => ({ alter: (reply) => lengthOff(reply, -20) }),
  },
  {
    name: 'length-long',
    does: 'Says a Content-Length 20 bytes longer than the body, then closes.',
    cases: ['F22'],
    effect: () => ({ alter: (reply) => lengthOff(reply, 20) }),
  },
  {
    name: 'chunked-garbage',
    does: 'Announces a chunked body and sends something else.',
    cases: ['F22'],
    effect: () => ({
      alter: (reply) => ({
        ...reply,
        headers: { ...withoutLength(reply), 'transfer-encoding': 'chunked' },
        body: [{ do: 'raw', bytes: 'zz\r\nthis is no chunk\r\n' }, { do: 'fin' }],
      }),
    }),
  },
  {
    name: '1xx-flood',
    argument: 'COUNT',
    does: 'Sends COUNT (1,000) interim answers `102 Processing` before the answer.',
    cases: ['F22'],
    effect: ({ argument }) => ({
      alter: (reply) =>
        before(reply, {
          do: 'raw',
          bytes: 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(numbersIn(argument, 1000)[0] ?? 1000),
        }),
    }),
  },
  {
    name: '101',
    does: 'Switches to a protocol that was not asked for (101), and closes.',
    cases: ['F22'],
    effect: () => ({
      alter: (reply) =>
        before(
          reply,
          { do: 'raw', bytes: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n' },
          { do: 'wait', ms: 200 },
          { do: 'fin' },
        ),
    }),
  },
  {
    name: 'header-bomb',
    argument: 'KILOBYTES',
    does: 'Answers with one header of KILOBYTES (64) kB.',
    cases: ['F24'],
    effect: ({ argument }) => ({
      alter: (reply) => ({
        ...reply,
        headers: { ...reply.headers, 'x-bomb': 'x'.repeat((numbersIn(argument, 64)[0] ?? 64) * 1024) },
      }),
    }),
  },
  {
    name: 'header-flood',
    argument: 'COUNT',
    does: 'Answers with COUNT (1,000) headers.',
    cases: ['F24'],
    effect: ({ argument }) => ({
      alter: (reply) => {
        const count = numbersIn(argument, 1000)[0] ?? 1000;
        return {
          ...reply,
          headers: {
            ...reply.headers,
            ...Object.fromEntries(Array.from({ length: count }, (_, at) => [`x-flood-${at}`, 'x'])),
          },
        };
      },
    }),
  },
  ...['301', '302', '307', '308'].map(
    (status): Fault => ({
      name: `redirect-${status}`,
      does: `Redirects (${status}) to another host name; a request that follows is recorded under the path \`/_redirected\`.`,
      cases: status === '301' || status === '307' ? ['F25'] : [],
      effect: ({ port }) => ({
        alter: (reply) => ({
          ...reply,
          isStream: false,
          status: Number(status),
          headers: { location: `http://localhost:${port}/_redirected`, 'content-length': '0' },
          body: [],
        }),
      }),
    }),
  ),
];

function lengthOff(reply: Reply, by: number): Reply {
  const bytes = bytesOf(reply);
  const plain = withBytes({ ...reply, isStream: false }, bytes);
  const headers = { ...plain.headers, 'content-length': String(Math.max(bytes.length + by, 0)) };
  return { ...plain, headers, body: [...plain.body, { do: 'fin' }] };
}
