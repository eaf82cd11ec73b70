/** The ledger of a running gateway, read over its address under the master key. */
import type { LedgerSource } from '../billing/sources.ts';
import { isJsonObject, type JsonValue } from '../core/json.ts';
import type { ActivityRow, LedgerRow } from '../stores/contracts/ledger.ts';
import { rowOfJson } from '../stores/contracts/ledger-text.ts';
import type { Ask } from './ask-running.ts';

/** Reads rows page by page. Throws with what the gateway answered if it refuses. */
export function remoteLedger(ask: Ask): LedgerSource {
  return {
    rows: (fromMs, toMs) => rowsFrom(ask, fromMs, toMs),
    // What the ledger added up is not served by model and day; the report says less then.
    sums: async (): Promise<readonly ActivityRow[]> => [],
  };
}

async function* rowsFrom(ask: Ask, fromMs: number, toMs: number): AsyncGenerator<LedgerRow> {
  const query = new URLSearchParams({ from_ms: String(Math.max(0, fromMs)), to_ms: String(toMs) });
  for (;;) {
    const { status, body } = await ask(`/spend/rows?${query}`, {});
    const page = isJsonObject((body ?? null) as JsonValue)
      ? (body as { data?: unknown; has_more?: unknown })
      : undefined;
    if (status !== 200 || !Array.isArray(page?.data))
      throw new Error(
        `The gateway answered /spend/rows with status ${status}: reading its ledger needs the master key, or the key of an admin.`,
      );
    const rows = page.data.map(rowOfJson);
    yield* rows;
    const last = rows.at(-1);
    if (page.has_more !== true || last === undefined) return;
    query.set('after', last.attemptId);
    query.set('after_ms', String(last.startedAtMs));
  }
}
