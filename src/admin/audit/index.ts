/** `/audit`: who changed what. */

import { defined } from '../../core/defined.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { AuditEntry } from '../../stores/contracts/directory.ts';
import { unknownObject } from '../authority.ts';
import type { ManagementCall, ManagementRoute } from '../contract.ts';
import { pageOf, refuseFilters, showPage, textOf, wordOf } from '../query-fields.ts';
import { spanOf } from '../query-spans.ts';
import { READERS } from '../roles.ts';
import { get } from '../route.ts';
import { isoTime } from '../show.ts';

/** `/audit` and `/audit/{id}`. */
export const AUDIT_ROUTES: readonly ManagementRoute[] = [
  get('/audit', READERS, list, 'Lists who changed what, newest first, in pages.'),
  get('/audit/:id', READERS, entry, 'Shows one change with the object before and after it.'),
];

async function list({ context, query }: ManagementCall): Promise<JsonValue> {
  refuseFilters(query, 'changed_by_api_key', 'object_team_id', 'object_key_hash', 'search');
  const page = pageOf(query, { sizeName: 'page_size', usual: 10, most: 100 });
  const { fromMs, toMs } = spanOf(query);
  wordOf(query, 'sort_by', ['updated_at']);
  const descending = (wordOf(query, 'sort_order', ['asc', 'desc']) ?? 'desc') === 'desc';
  const search = defined({
    changedBy: textOf(query, 'changed_by'),
    action: textOf(query, 'action'),
    table: textOf(query, 'table_name'),
    objectId: textOf(query, 'object_id'),
    fromMs,
    toMs,
  });
  const [total, entries] = await Promise.all([
    context.directory.countAudit(search),
    context.directory.audit(search, { limit: page.limit, offset: page.offset, descending }),
  ]);
  return { audit_logs: entries.map(show), ...showPage(total, page) };
}

async function entry(call: ManagementCall): Promise<JsonValue> {
  const { context, params } = call;
  const found = await context.directory.auditEntry(params.id ?? '');
  if (found === undefined) throw unknownObject(call, 'an entry of the audit log', 'id');
  return show(found);
}

function show(found: AuditEntry): JsonObject {
  return {
    id: found.id,
    updated_at: isoTime(found.atMs),
    changed_by: found.changedBy,
    changed_by_api_key: found.keyHash,
    action: found.action,
    table_name: found.table,
    object_id: found.objectId,
    before_value: found.before ?? null,
    updated_values: found.after ?? null,
  };
}
