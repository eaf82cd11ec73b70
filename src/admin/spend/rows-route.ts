/** `/spend/rows`: rows of the ledger as they are kept, in pages of equal speed, for commands that read many of them from afar. */
import { defined } from '../../core/defined.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { textOfRow } from '../../stores/contracts/ledger-text.ts';
import type { ManagementCall, ManagementRoute } from '../contract.ts';
import { wrongField } from '../fields.ts';
import { textOf } from '../query-fields.ts';
import { ADMIN } from '../roles.ts';
import { get } from '../route.ts';

const MOST_ROWS = 2_000;
/** Farther than any clock. */
const LAST_MS = 8_640_000_000_000_000;

/** `/spend/rows`. */
export const ROW_ROUTES: readonly ManagementRoute[] = [
  get(
    '/spend/rows',
    ADMIN,
    rows,
    'Lists rows of the ledger as they are kept, oldest first, without words of requests: up to 2000 from `from_ms` to `to_ms`, behind `after`.',
  ),
];

async function rows({ query, context }: ManagementCall): Promise<JsonValue> {
  const fromMs = momentIn(query, 'from_ms') ?? 0;
  const toMs = momentIn(query, 'to_ms') ?? LAST_MS;
  const after = textOf(query, 'after');
  const afterMs = momentIn(query, 'after_ms');
  if ((after === undefined) !== (afterMs === undefined))
    throw wrongField('after', 'and `after_ms` belong together: both are of the last row of the page before');
  const page = { limit: MOST_ROWS, offset: 0, order: 'oldest' as const };
  const behind =
    after === undefined || afterMs === undefined ? {} : { after: { attemptId: after, startedAtMs: afterMs } };
  const found = await context.ledger.find({ fromMs: Math.max(fromMs, afterMs ?? 0), toMs }, { ...page, ...behind });
  return {
    data: found.map(({ texts: _words, ...row }) => JSON.parse(textOfRow(defined(row) as typeof row)) as JsonObject),
    has_more: found.length === MOST_ROWS,
  };
}

function momentIn(query: URLSearchParams, name: string): number | undefined {
  const text = textOf(query, name);
  if (text === undefined) return undefined;
  const ms = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (ms <= LAST_MS) return ms;
  throw wrongField(name, 'must be a whole number of milliseconds since 1970');
}
