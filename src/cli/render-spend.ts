/** Spend as tables for people: amounts are exact and stand with their points in one line. */
import { printable } from '../core/printable.ts';
import { renderTable } from './render-table.ts';

/** Sums of one group, as `/spend/summary` tells them. */
export interface SpendSums {
  readonly attempts: number;
  readonly failed: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cost: string;
  readonly requested_cost: string;
  readonly saved: string;
}

/** What `/spend/summary` answers. */
export interface SpendSummary {
  readonly group_by: string;
  readonly start_date: string | null;
  readonly end_date: string | null;
  readonly results: readonly (SpendSums & { readonly name: string; readonly alias?: string | null })[];
  readonly is_complete: boolean;
  readonly total: SpendSums;
}

/** One attempt, as `/spend/logs` tells it. */
export interface SpendAttempt {
  readonly request_id: string;
  readonly model: string;
  readonly custom_llm_provider: string;
  readonly model_id: string;
  readonly startTime: string;
  readonly request_duration_ms: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly sluice: {
    readonly call_id: string;
    readonly attempt: number;
    readonly request_started_at: string;
    readonly status: string;
    readonly error: string | null;
    readonly estimated: boolean;
    readonly cost: string | null;
    readonly requested_cost: string | null;
    readonly hold: string | null;
    readonly price: { readonly source: string; readonly rates: Readonly<Record<string, unknown>> } | null;
  };
}

/** What `/spend/orphans` answers. */
export interface OrphanList {
  readonly total: number;
  readonly data: readonly {
    readonly startTime: string;
    readonly model: string;
    readonly sluice: { readonly attempt_id: string; readonly cost: string | null; readonly hold: string | null };
  }[];
}

/** Sums by group with the total below. */
export function renderSummary(summary: SpendSummary): string {
  const span = `${summary.start_date ?? 'the beginning'} to ${summary.end_date ?? 'today'} (UTC), USD`;
  if (summary.results.length === 0) return `No spend from ${span}.\n`;
  const row = (name: string, sums: SpendSums): string[] => [
    name,
    grouped(sums.attempts),
    grouped(sums.failed),
    grouped(sums.input_tokens),
    grouped(sums.output_tokens),
    sums.cost,
    sums.requested_cost,
    sums.saved,
  ];
  const table = renderTable(
    [summary.group_by, 'attempts', 'failed', 'input', 'output', 'cost', 'as requested', 'saved'],
    [...summary.results.map((sums) => row(nameOf(sums), sums)), row('total', summary.total)],
    ['left', 'right', 'right', 'right', 'right', 'point', 'point', 'point'],
  );
  const more = summary.is_complete ? '' : 'Only the costliest are listed; the total is of all.\n';
  return `Spend by ${summary.group_by}, ${span}\n\n${table}${more}`;
}

/** The attempts of one request in their order, with what each was priced by. */
export function renderAttempts(attempts: readonly SpendAttempt[]): string {
  const [first] = attempts;
  if (first === undefined) return 'No request with this id is in the ledger.\n';
  const table = renderTable(
    ['attempt', 'deployment', 'model', 'outcome', 'ms', 'input', 'output', 'cost', 'as requested'],
    attempts.map(({ sluice, ...attempt }) => [
      String(sluice.attempt),
      attempt.model_id,
      `${attempt.custom_llm_provider}/${attempt.model}`,
      sluice.error === null ? sluice.status : `${sluice.status}: ${sluice.error}`,
      grouped(attempt.request_duration_ms),
      `${grouped(attempt.prompt_tokens)}${sluice.estimated ? ' (counted)' : ''}`,
      grouped(attempt.completion_tokens),
      sluice.cost ?? 'unpriced',
      sluice.requested_cost ?? 'unpriced',
    ]),
    ['right', 'left', 'left', 'left', 'right', 'right', 'right', 'point', 'point'],
  );
  const prices = attempts.map(({ sluice }) => {
    const { price, attempt } = sluice;
    const rates = Object.entries(price?.rates ?? {}).map(([name, rate]) => `${name} ${JSON.stringify(rate)}`);
    return `  ${attempt}: ${price === null ? 'none' : `${price.source}${rates.length === 0 ? '' : ` (${rates.join(', ')})`}`}`;
  });
  const held = attempts.find(({ sluice }) => sluice.hold !== null)?.sluice.hold;
  const hold = held === undefined || held === null ? '' : `Held when it was settled: ${held} USD\n`;
  const { call_id: callId, request_started_at: begun } = first.sluice;
  const answer = first.request_id === callId ? '' : `, answer ${first.request_id}`;
  const head = printable(`Request ${callId}, begun ${begun}${answer}, USD`);
  return `${head}\n\n${table}\nPrices by attempt:\n${prices.map(printable).join('\n')}\n${hold}`;
}

/** Orphans as a table: what each is booked at, and up to which amount it may have cost. */
export function renderOrphans({ data, total }: OrphanList): string {
  if (data.length === 0) return 'No request is booked as an orphan.\n';
  const table = renderTable(
    ['attempt', 'begun', 'model', 'cost', 'at most'],
    data.map(({ startTime, model, sluice }) => [
      sluice.attempt_id,
      startTime,
      model,
      sluice.cost ?? 'unpriced',
      sluice.hold ?? 'unknown',
    ]),
    ['left', 'left', 'left', 'point', 'point'],
  );
  const more = total > data.length ? `The newest ${data.length} of ${total}; narrow them with --from and --to.\n` : '';
  return `Requests that a killed gateway had under way, USD\n\n${table}${more}Correct one: sluice spend --orphans --attempt ID --cost USD\n`;
}

function nameOf({ name, alias }: SpendSummary['results'][number]): string {
  if (name === '') return '(none)';
  return alias === undefined || alias === null ? name : `${alias} (${name.slice(0, 8)}…)`;
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
