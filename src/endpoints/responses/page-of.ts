import { GatewayError } from '../../core/errors.ts';
import type { ItemsPage } from '../../exchange/stored-responses.ts';
import type { Question } from '../question.ts';

const USUAL_ITEMS = 20;
const MOST_ITEMS = 100;

/** Which part of a list of items is asked for. */
export function pageOf({ query }: Question): ItemsPage {
  const { after, limit = String(USUAL_ITEMS), order = 'desc' } = query;
  const count = /^\d{1,3}$/.test(limit) ? Number(limit) : 0;
  if (count < 1 || count > MOST_ITEMS) {
    throw new GatewayError('invalid_request', `\`limit\` must be a number from 1 to ${MOST_ITEMS}.`, {
      param: 'limit',
    });
  }
  if (order !== 'asc' && order !== 'desc') {
    throw new GatewayError('invalid_request', '`order` must be asc or desc.', { param: 'order' });
  }
  return { after, limit: count, order };
}
