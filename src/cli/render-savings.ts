/** Savings as tables for people: amounts are exact, and negative where a mechanism cost more than it saved. */
import { renderTable } from './render-table.ts';

interface Figures {
  readonly attempts: number;
  readonly cost: string;
  readonly requested_cost: string;
  readonly saved: string;
  readonly share: number | null;
  readonly by_mechanism: Readonly<Record<string, string>>;
  readonly unsplit: string;
}

/** What `/savings` answers. */
export interface SavingsReport {
  readonly group_by: string;
  readonly start_date: string | null;
  readonly end_date: string | null;
  readonly results: readonly (Partial<Figures> & {
    readonly name: string;
    readonly alias?: string | null;
    readonly attempts: number;
    readonly saved: string;
    readonly expected_quality?: number | null;
  })[];
  readonly total: Figures;
}

/** The table, and below it the whole: what was paid, and what would have been. */
export function renderSavings({ group_by: by, start_date, end_date, results, total }: SavingsReport): string {
  const span = `${start_date ?? 'the beginning'} to ${end_date ?? 'today'} (UTC), USD`;
  if (total.attempts === 0) return `No requests from ${span}.\n`;
  const head = `Saved by ${by}, net of what it cost, ${span}\n\n`;
  const share = total.share === null ? '' : ` (${percent(total.share)})`;
  const unsplit = Number(total.unsplit) === 0 ? '' : `Of that, ${total.unsplit} is from before the split was kept.\n`;
  const foot = `Paid ${total.cost}, without the gateway ${total.requested_cost}: saved ${total.saved}${share}.\n${unsplit}`;
  if (results.length === 0) return `${head}Nothing acted on these requests.\n${foot}`;
  return `${head}${by === 'mechanism' ? mechanisms(results) : groups(by, results)}\n${foot}`;
}

function mechanisms(results: SavingsReport['results']): string {
  return renderTable(
    ['mechanism', 'attempts', 'saved', 'expected quality'],
    results.map(({ name, attempts, saved, expected_quality: quality }) => [
      name,
      attempts.toLocaleString('en-US'),
      saved,
      quality === null || quality === undefined ? '' : percent(quality),
    ]),
    ['left', 'right', 'point', 'right'],
  );
}

function groups(by: string, results: SavingsReport['results']): string {
  const names = [...new Set(results.flatMap(({ by_mechanism: parts = {} }) => Object.keys(parts)))];
  return renderTable(
    [by, 'attempts', 'paid', 'as asked', 'saved', 'share', ...names],
    results.map(
      ({ name, alias, attempts, cost = '', requested_cost: asked = '', saved, share, by_mechanism: parts = {} }) => [
        name === '' ? '(none)' : alias === undefined || alias === null ? name : `${alias} (${name.slice(0, 8)}…)`,
        attempts.toLocaleString('en-US'),
        cost,
        asked,
        saved,
        share === null || share === undefined ? '' : percent(share),
        ...names.map((each) => parts[each] ?? ''),
      ],
    ),
    ['left', 'right', 'point', 'point', 'point', 'right', ...names.map(() => 'point' as const)],
  );
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
