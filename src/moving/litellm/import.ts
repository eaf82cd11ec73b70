/** Imports a database of LiteLLM: every object that is new, and what was spent since the last run. */
import type { BudgetConfig } from '../../config/gateway-config.ts';
import type { Clock } from '../../core/clock.ts';
import { defined } from '../../core/defined.ts';
import type { JsonObject } from '../../core/json.ts';
import { formatUsd } from '../../core/money.ts';
import type { Limits } from '../../stores/contracts/directory.ts';
import type { ForeignTables } from '../../stores/contracts/foreign-tables.ts';
import type { ImportedKinds } from '../../stores/contracts/imported-kinds.ts';
import type { ImportedSpend, ImportItem, ImportRun, Imports } from '../../stores/contracts/imports.ts';
import { periodAt } from '../../tenancy/accounts.ts';
import type { Outcome, Report, ReportLine, Summary } from '../report.ts';
import { UniqueNames, uniqueNameOf } from '../unique-names.ts';
import { type IdentifiedLine, ItemWriter } from '../write-items.ts';
import { anchorOf, countersOf, hasModelBudgets, newSpend, placed, textOfCounters } from './counters.ts';
import { type AnyImportKind, IMPORT_KINDS, limitsOfValue } from './kinds.ts';
import type { ModelKeys } from './model-values.ts';
import { checkSaltKey, readCredentials } from './models.ts';
import { type Preloaded, preload } from './preload.ts';
import { RefusedRow } from './row.ts';

/** What an import needs. */
interface ImportOptions {
  readonly source: ForeignTables;
  readonly imports: Imports;
  /** Whether the configuration file declares an object; the file's wins. */
  readonly isDeclared: (kind: keyof ImportedKinds, id: string) => boolean;
  readonly keys: Omit<ModelKeys, 'credentials' | 'imported'>;
  readonly clock: Clock;
  readonly timeZone: BudgetConfig['timeZone'];
  /** Nothing is written. */
  readonly isDry: boolean;
  readonly runId: string;
  readonly report: Report;
  /** Called before spend is written, so that counters of running gateways have it too. */
  readonly charge?: (items: readonly ImportItem[]) => Promise<void>;
}

/** The database has none of LiteLLM's tables. */
class NoLitellmError extends Error {
  override readonly name = 'NoLitellmError';
  constructor() {
    super(
      'This database has no tables of LiteLLM: its schema has no LiteLLM_VerificationToken. Is it the DATABASE_URL that LiteLLM runs with, ' +
        'and its schema (?schema=NAME)?',
    );
  }
}

/** A row on its way: converted, or with what became of it. */
interface Candidate {
  readonly row: JsonObject;
  readonly name: string;
  readonly notes: string[];
  readonly value?: ImportedKinds[keyof ImportedKinds];
  readonly outcome?: Extract<Outcome, 'left' | 'refused'>;
}

/** Runs it; resolves to how many objects came to what. Rejects without having written anything if the salt key is a wrong one. */
export async function importLitellm(options: ImportOptions): Promise<Summary> {
  const { source, imports, clock, isDry, runId } = options;
  if (!source.tables.has('LiteLLM_VerificationToken')) throw new NoLitellmError();
  const { cipher } = options.keys;
  if (cipher !== undefined) await checkSaltKey(source, cipher);
  const known = await preload(source, clock.nowMs());
  const credentials = await readCredentials(source);
  const run: ImportRun = { id: runId, source: `litellm ${source.source}`, begunAtMs: clock.nowMs() };
  if (!isDry) await imports.begin(run);
  const importing = new Importing(options, run, known, credentials);
  for (const kind of IMPORT_KINDS) await importing.all(kind);
  if (!isDry) await imports.end(runId, clock.nowMs());
  return importing.summary;
}

class Importing {
  readonly #options: ImportOptions;
  readonly #writer: ItemWriter;
  readonly #run: ImportRun;
  readonly #known: Preloaded;
  readonly #keys: ModelKeys;
  readonly #names = new UniqueNames();
  /** Credentials of the source that are here, by their names. */
  readonly #credentials = new Set<string>();

  constructor(options: ImportOptions, run: ImportRun, known: Preloaded, credentials: ModelKeys['credentials']) {
    this.#options = options;
    this.#run = run;
    this.#known = known;
    this.#keys = { ...options.keys, credentials, imported: this.#credentials };
    this.#writer = new ItemWriter(options, run);
  }

  get summary(): Summary {
    return this.#writer.summary;
  }

  async all(kind: AnyImportKind): Promise<void> {
    for await (const rows of this.#options.source.rows(kind.table)) {
      const expanded = rows.flatMap((row) => kind.expand?.(row, this.#known) ?? [row]);
      // A large team is more rows than one write should hold.
      for (let at = 0; at < expanded.length; at += 500) await this.#some(kind, expanded.slice(at, at + 500));
    }
  }

  async #some(kind: AnyImportKind, rows: readonly JsonObject[]): Promise<void> {
    const candidates = rows.map((row) => this.#candidate(kind, row));
    const values = candidates.flatMap(({ value }) => value ?? []);
    const ids = values.map((value) => kind.id(value));
    const { imports, isDeclared } = this.#options;
    const [seen, taken] = await Promise.all([
      imports.seen(this.#run.source, kind.kind, ids),
      imports.taken(
        kind.kind,
        ids,
        values.flatMap((value) => uniqueNameOf(kind.kind, value) ?? []),
      ),
    ]);
    const items: ImportItem[] = [];
    const lines: IdentifiedLine[] = [];
    for (const candidate of candidates) {
      const { value, notes, row } = candidate;
      if (value === undefined) {
        lines.push({ line: this.#line(kind, candidate, candidate.outcome ?? 'refused') });
        continue;
      }
      const id = kind.id(value);
      const isThere = taken.ids.has(id);
      const before = seen.get(id);
      const isFromFile = isDeclared(kind.kind, id);
      if (isThere && before === undefined && !isFromFile) {
        notes.push('exists here already, and not by an import');
        lines.push({ line: this.#line(kind, candidate, 'left') });
        continue;
      }
      if (before !== undefined && !isThere && !isFromFile) {
        notes.push('was imported before and deleted here since');
        lines.push({ line: this.#line(kind, candidate, 'left') });
        continue;
      }
      if (isFromFile) notes.push('is declared in the configuration file, which wins: only its spend is imported');
      const spend = this.#spendOf(kind, row, value, before);
      const isNew = !isThere && !isFromFile;
      const named = isNew ? this.#names.free(kind.kind, spend.value, taken.names, notes) : undefined;
      const outcome = isNew ? 'added' : spend.spent.length > 0 ? 'spent' : isFromFile ? 'left' : 'same';
      if (isNew || spend.spent.length > 0 || before !== spend.seen) {
        items.push({
          kind: kind.kind,
          id,
          ...defined({ value: named }),
          spent: spend.spent,
          seen: spend.seen,
        } as ImportItem);
      }
      if (kind.kind === 'credential' && (isNew || outcome === 'same')) this.#credentials.add(id);
      lines.push({ id, line: this.#line(kind, candidate, outcome, spend.spent) });
    }
    await this.#writer.write(kind.kind, items, lines);
  }

  #candidate(kind: AnyImportKind, row: JsonObject): Candidate {
    const notes: string[] = [];
    const name = kind.nameOf(row);
    const reason = kind.leftOut?.(row);
    if (reason !== undefined) return { row, name, notes: [reason], outcome: 'left' };
    try {
      const value = kind.convert(row, this.#known, (note) => notes.push(note), this.#keys);
      if (hasModelBudgets(row)) notes.push('its budgets of models begin at 0: LiteLLM stores no spend of them');
      return { row, name, notes, value };
    } catch (error) {
      if (!(error instanceof RefusedRow)) throw error;
      return { row, name, notes: [error.message], outcome: 'refused' };
    }
  }

  /** The object with its periods as they run there, and what is new of its spend. */
  #spendOf(
    kind: AnyImportKind,
    row: JsonObject,
    value: ImportedKinds[keyof ImportedKinds],
    before: string | undefined,
  ): {
    readonly value: ImportedKinds[keyof ImportedKinds];
    readonly spent: readonly ImportedSpend[];
    readonly seen: string;
  } {
    if (kind.account === undefined) return { value, spent: [], seen: '{}' };
    const { periods, windows } = this.#known;
    const nowMs = this.#options.clock.nowMs();
    const budgetId = typeof row.budget_id === 'string' ? row.budget_id : '';
    const ofWindows = windows.get(kind.windows?.(row) ?? '') ?? new Map();
    const counters = countersOf(row, periods.get(budgetId), ofWindows);
    const budgetAnchorMs = anchorOf(counters);
    const anchored = { ...value, ...defined({ budgetAnchorMs }) };
    const limits: Limits = limitsOfValue(anchored);
    const { createdAtMs } = anchored;
    const startOf = (duration: string | undefined): number =>
      periodAt(duration, { anchorMs: createdAtMs, limits }, nowMs, { timeZone: this.#options.timeZone }).startsAtMs;
    const spent = placed(kind.account(value), newSpend(counters, before, nowMs), nowMs, startOf);
    return { value: anchored, spent, seen: textOfCounters(counters) };
  }

  #line(
    kind: AnyImportKind,
    { name, notes }: Candidate,
    outcome: Outcome,
    spent: readonly ImportedSpend[] = [],
  ): ReportLine {
    const sum = spent.reduce((total, { cost }) => total + cost, 0n);
    return { outcome, kind: kind.kind, name, notes, ...(sum > 0n && { spentUsd: formatUsd(sum) }) };
  }
}
