import { GatewayError } from '../../core/errors.ts';
import { explainRecord } from '../../pipeline/explain-route.ts';
import type { Answering } from '../question.ts';

/** Which way one of the last requests went, by its call id: verdicts, attempts, waits and fallbacks. */
export const route: Answering = ({ snapshot, parts, pathParameter }) => {
  const record = parts.routes.find(pathParameter ?? '');
  if (record !== undefined) return { status: 200, body: explainRecord(record, snapshot) };
  throw new GatewayError(
    'unknown_route',
    'No request with this call id is remembered here. Each process remembers its last 1000 once they are over.',
  );
};
