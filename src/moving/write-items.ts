/** Writes imported objects a part at a time, and reports what became of each. */
import { ConflictError, InvalidValueError } from '../stores/contracts/directory.ts';
import type { ImportedKinds } from '../stores/contracts/imported-kinds.ts';
import type { ImportItem, ImportRun, Imports } from '../stores/contracts/imports.ts';
import type { Report, ReportLine, Summary } from './report.ts';

/** A line of the report. */
export interface IdentifiedLine {
  /** The object's, if it was converted. */
  readonly id?: string;
  readonly line: ReportLine;
}

interface WriterOptions {
  readonly imports: Imports;
  /** Nothing is written. */
  readonly isDry: boolean;
  readonly report: Report;
  /** Called before spend is written, so that counters of running gateways have it too. */
  readonly charge?: (items: readonly ImportItem[]) => Promise<void>;
}

/** Writes the items of one run. */
export class ItemWriter {
  readonly summary: Summary = {};
  readonly #options: WriterOptions;
  readonly #run: ImportRun;

  constructor(options: WriterOptions, run: ImportRun) {
    this.#options = options;
    this.#run = run;
  }

  /** Writes all of them in one transaction, or if one is at fault each in its own. */
  async write(
    kind: keyof ImportedKinds,
    items: readonly ImportItem[],
    lines: readonly IdentifiedLine[],
  ): Promise<void> {
    const { isDry, imports, charge } = this.#options;
    const failed = new Map<string, string>();
    if (!isDry && items.length > 0) {
      await charge?.(items);
      try {
        await imports.add(this.#run, items);
      } catch (error) {
        if (!(error instanceof ConflictError) && !(error instanceof InvalidValueError)) throw error;
        // One of them is at fault: the others are not.
        for (const item of items) await this.#writeOne(item, failed);
      }
    }
    for (const { id, line } of lines) {
      const reason = failed.get(id ?? '');
      const { spentUsd: _, ...rest } = line;
      await this.#tell(kind, reason === undefined ? line : { ...rest, outcome: 'refused', notes: [reason] });
    }
  }

  async #writeOne(item: ImportItem, failed: Map<string, string>): Promise<void> {
    try {
      await this.#options.imports.add(this.#run, [item]);
    } catch (error) {
      if (!(error instanceof ConflictError) && !(error instanceof InvalidValueError)) throw error;
      failed.set(item.id, error.message);
    }
  }

  async #tell(kind: keyof ImportedKinds, line: ReportLine): Promise<void> {
    const counts = this.summary[kind] ?? {};
    this.summary[kind] = { ...counts, [line.outcome]: (counts[line.outcome] ?? 0) + 1 };
    await this.#options.report(line);
  }
}
