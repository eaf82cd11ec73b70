/** Why work on a large body is not done. */
import { GatewayError } from '../../core/errors.ts';
import type { Job } from './jobs.ts';

/** A body takes more memory than there is for it. */
export function tooMuch(kind: Job['kind'] | undefined): GatewayError {
  if (kind === 'read') {
    return new GatewayError(
      'answer_not_held',
      'The answer has more small parts than this instance of the gateway has memory to read. Ask for a shorter answer, or for a stream.',
      { mayRetry: false },
    );
  }
  return new GatewayError(
    'body_too_large',
    'The body has more small parts than this instance of the gateway has memory to translate. Send less, or ask a model whose provider speaks the format of your request.',
  );
}

/** A body takes more time than there is for it. */
export function tooLong(): GatewayError {
  return new GatewayError(
    'overloaded',
    'This instance of the gateway is overloaded. It took too long to read the body.',
    { retryAfterMs: 1_000 },
  );
}

/** No client waits for the work any more. */
export function gone(): GatewayError {
  return new GatewayError('client_gone', 'The client hung up before its request was read.');
}

/** The gateway ends before the work is done. */
export function ended(): GatewayError {
  return new GatewayError('shutting_down', 'This instance of the gateway is shutting down.');
}
