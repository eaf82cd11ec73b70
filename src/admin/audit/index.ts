/** `/audit`: who changed what. */
import { defined } from '../../core/defined.ts';
import type { JsonObject } from '../../core/json.ts';
import type { AuditEntry } from '../../stores/contracts/directory.ts';
import { unknownObject } from '../authority.ts';
import type { ManagementAnswer, ManagementCall, ManagementRoute } from '../contract.ts';
import { wrongField } from '../fields.ts';
import { pageOf, pagesOf, textOf } from '../query-fields.ts';
import { spanOf, wordOf } from '../query-spans.ts';
import { READERS } from '../roles.ts';

/** `/audit` and `/audit/{id}`. */
export const AUDIT_ROUTES: readonly ManagementRoute[] = [
  { method: 'GET', paths: ['/audit'], roles: READERS, answer: list },
  { method: 'GET', paths: ['/audit/:id'], roles: READERS, answer: entry },
];

/** LiteLLM's further filters; entries cannot be looked up by them, and one that is passed over would look as if it held. */
const NOT_FILTERED = ['changed_by_api_key', 'object_team_id', 'object_key_hash'] as const;

async function list({ context, query }: ManagementCall): Promise<ManagementAnswer> {
  for (const name of NOT_FILTERED) {
    if (textOf(query, name) !== undefined) throw wrongField(name, 'is not something that entries are found by');
  }
  const page = pageOf(query, { sizeName: 'page_size', usual: 10, most: 100 });
  const { fromMs, toMs } = spanOf(query);
  wordOf(query, 'sort_by', ['updated_at']);
  const order = wordOf(query, 'sort_order', ['asc', 'desc']) ?? 'desc';
  const texts = {
    changedBy: textOf(query, 'changed_by'),
    action: textOf(query, 'action'),
    table: textOf(query, 'table_name'),
    objectId: textOf(query, 'object_id'),
  };
  const search = {
    ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined)),
    ...defined({ fromMs, toMs }),
  };
  const [total, entries] = await Promise.all([
    context.directory.countAudit(search),
    context.directory.audit(search, { limit: page.limit, offset: page.offset, descending: order === 'desc' }),
  ]);
  return {
    body: {
      audit_logs: entries.map(show),
      total,
      page: page.page,
      page_size: page.size,
      total_pages: pagesOf(total, page),
    },
  };
}

async function entry({ context, params }: ManagementCall): Promise<ManagementAnswer> {
  const found = await context.directory.auditEntry(params.id ?? '');
  if (found === undefined) throw unknownObject('entry of the audit log', 'id');
  return { body: show(found) };
}

function show(found: AuditEntry): JsonObject {
  return {
    id: found.id,
    updated_at: new Date(found.atMs).toISOString(),
    changed_by: found.changedBy,
    changed_by_api_key: found.keyHash,
    action: found.action,
    table_name: found.table,
    object_id: found.objectId,
    before_value: found.before ?? null,
    updated_values: found.after ?? null,
  };
}
