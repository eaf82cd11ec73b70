import { GatewayError } from '../../core/errors.ts';
import type { Answering } from '../question.ts';

/** The route of one of the last requests, by its call id: verdicts, attempts, waits and fallbacks. */
export const route: Answering = async ({ parts, pathParameter }) => {
  const told = await parts.routeOf(pathParameter ?? '');
  if (told !== undefined) return { status: 200, body: told };
  throw new GatewayError(
    'unknown_route',
    'No request with this call id is remembered. Each process remembers the last 1000 requests that it finished.',
  );
};
