/** A provider's bill by its reports. */
import type { BillAccess, BilledKey, BillReports, BillSpan } from '../providers/bill.ts';
import type { Provider } from '../providers/provider.ts';
import { type Asking, pagesOf, ReportError } from './ask-reports.ts';
import { DAY_MS } from './cells.ts';
import type { ProviderBillConfig } from './settings.ts';
import type { BillSource } from './sources.ts';

/** Finer than a day. */
const FINE = { minute: 60_000, hour: 3_600_000 } as const;

/** How a provider's reports are asked for. Throws a `ReportError` if something is missing for that. */
export function accessTo(
  { name, title, bill }: Provider,
  settings: ProviderBillConfig | undefined,
  env: Readonly<Record<string, string | undefined>>,
): { readonly reports: BillReports; readonly access: BillAccess } {
  if (bill === undefined) throw new ReportError(`${title} has no reports that are known here: give its bill as --csv`);
  const adminKey = settings?.adminKey ?? bill.keyVariables.map((variable) => env[variable]).find((value) => value);
  if (adminKey === undefined)
    throw new ReportError(
      `${title}'s reports need a key of their own: set ${bill.keyVariables[0]}, or reconcile.providers.${name}.admin_key`,
    );
  if (bill.needsTable === true && settings?.table === undefined)
    throw new ReportError(`${title}'s bill lies in a table: name it in reconcile.providers.${name}.table`);
  return { reports: bill, access: { adminKey, table: settings?.table } };
}

/** The bill of a span of days. */
export function billOf(reports: BillReports, access: BillAccess, span: BillSpan, asking: Asking): BillSource {
  const { finest } = reports;
  return {
    async *pages() {
      yield* pagesOf(reports.usage(span, 'day', access), asking);
      yield* pagesOf(reports.costs(span, access), asking);
    },
    fine:
      finest === 'day'
        ? undefined
        : {
            widthMs: FINE[finest],
            pages: (dayMs) => pagesOf(reports.usage({ fromMs: dayMs, toMs: dayMs + DAY_MS }, finest, access), asking),
          },
  };
}

/** The keys of the account; none if the key of the reports may not list them. */
export async function listKeys(
  reports: BillReports,
  access: BillAccess,
  asking: Asking,
): Promise<readonly BilledKey[]> {
  const keys: BilledKey[] = [];
  try {
    for await (const page of pagesOf(reports.keys(access), asking)) keys.push(...(page.keys ?? []));
  } catch (error) {
    // Keys help to tell this gateway's usage from others'; the bill can be compared without.
    if (!(error instanceof ReportError)) throw error;
    return [];
  }
  return keys;
}
