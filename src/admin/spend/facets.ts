/** `/management/v1/spend_logs/…`: who appears in the rows that the caller may see, for the choices of a page. */
import type { JsonValue } from '../../core/json.ts';
import type { ManagementCall, ManagementRoute } from '../contract.ts';
import { wrongField } from '../fields.ts';
import { pageOf, textOf } from '../query-fields.ts';
import { spanOf } from '../query-spans.ts';
import { EVERYONE } from '../roles.ts';
import { get } from '../route.ts';
import { spendScope } from './scope.ts';

const [FROM, TO] = ['filter[startTime][gte]', 'filter[startTime][lte]'] as const;

/** The lists of names. */
export const FACET_ROUTES: readonly ManagementRoute[] = [
  get(
    '/management/v1/spend_logs/users',
    EVERYONE,
    (call) => namesIn(call, 'users', 'user'),
    'Lists users that appear in spend logs between two moments, in whole days.',
  ),
  get(
    '/management/v1/spend_logs/end_users',
    EVERYONE,
    (call) => namesIn(call, 'end_users', 'customer'),
    'Lists customers that appear in spend logs between two moments, in whole days.',
  ),
];

async function namesIn(call: ManagementCall, path: string, dimension: 'user' | 'customer'): Promise<JsonValue> {
  const { query, context } = call;
  const { fromDate, toDate } = spanOf(query, FROM, TO);
  const page = pageOf(query, { sizeName: 'page_size', usual: 50, most: 100 });
  const part = textOf(query, 'q')?.toLowerCase() ?? '';
  if (fromDate === undefined || toDate === undefined) throw wrongField(FROM, `and \`${TO}\` are required`);
  const rows = await context.ledger.activity({ ...(await spendScope(call, {})), fromDate, toDate }, [dimension]);
  const names = rows.map(({ by }) => by[dimension] ?? '').filter((name) => name !== '');
  const found = [...new Set(names)].filter((name) => name.toLowerCase().includes(part)).sort();
  const hasMore = found.length > page.offset + page.limit;
  const link = (number: number): string => {
    const asked = new URLSearchParams(query);
    asked.set('page', String(number));
    return `/management/v1/spend_logs/${path}?${asked}`;
  };
  return {
    data: found.slice(page.offset, page.offset + page.limit),
    meta: { page: page.page, page_size: page.size, has_more: hasMore },
    links: {
      self: link(page.page),
      prev: page.page > 1 ? link(page.page - 1) : null,
      next: hasMore ? link(page.page + 1) : null,
    },
  };
}
