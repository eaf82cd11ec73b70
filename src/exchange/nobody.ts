import type { Client } from './client.ts';

/** The client of a request that is planned and never carried: its headers are read and nothing else of it. */
export function nobody(headers: Client['headers']): Client {
  const never = (): never => {
    throw new RangeError('there is no client to answer');
  };
  return {
    method: 'POST',
    headers,
    rawHeaders: [],
    query: undefined,
    isGone: false,
    hasStarted: false,
    readBody: never,
    noteAnswer: never,
    turnFor: never,
    sendWhole: never,
    startStream: never,
    write: never,
    endStream: never,
    breakOff: never,
    onDrain: never,
    onGone: never,
  };
}
