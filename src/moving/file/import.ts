/** Imports a file that `sluice export` wrote: every object that is new, and what was spent since the last run. */
import { sealCredential, unsealCredential } from '../../admin/credentials/sealed.ts';
import { type Sealing, sealedTexts, sealParams, unsealParams } from '../../admin/models/sealed.ts';
import type { Clock } from '../../core/clock.ts';
import type { JsonObject } from '../../core/json.ts';
import type { StoredCredential, StoredModel } from '../../stores/contracts/directory.ts';
import type { ImportedKinds } from '../../stores/contracts/imported-kinds.ts';
import type { ImportedSpend, ImportItem, ImportRun, Imports } from '../../stores/contracts/imports.ts';
import type { MovedChange, MovedRow, MovedSums } from '../../stores/contracts/moved.ts';
import { newCosts, newMoney } from '../../stores/contracts/moved-changes.ts';
import { type Seal, SealError } from '../../tenancy/seal.ts';
import type { Outcome, Report, Summary } from '../report.ts';
import { UniqueNames, uniqueNameOf } from '../unique-names.ts';
import { type IdentifiedLine, ItemWriter } from '../write-items.ts';
import type { ReadObject } from './lines.ts';
import type { MovingFile } from './read-file.ts';

/** What an import needs. */
interface ImportOptions {
  readonly file: MovingFile;
  /** Which database the file was made from. */
  readonly source: string;
  readonly imports: Imports;
  readonly isDeclared: (kind: keyof ImportedKinds, id: string) => boolean;
  readonly seal: Seal;
  /** Secrets that open are sealed again under the key of here. */
  readonly isResealing: boolean;
  readonly clock: Clock;
  readonly isDry: boolean;
  readonly runId: string;
  readonly report: Report;
  readonly onProgress?: (lines: number) => void;
  /** Called before spend is written, so that counters of running gateways have it too. */
  readonly charge?: (spent: readonly ImportedSpend[]) => Promise<void>;
}

/** How many rows of a kind are new or differ, and how many are as before. */
type RowCounts = Partial<Record<MovedRow['kind'], { added: number; same: number }>>;

/** What became of everything. */
export interface FileImport {
  readonly summary: Summary;
  readonly rows: RowCounts;
  /** All money before, what the file adds, and all money after; after a dry run what it would be. */
  readonly before: MovedSums;
  readonly added: MovedSums;
  readonly after: MovedSums;
}

/** Runs it on a file that was verified. */
export async function importFile(options: ImportOptions): Promise<FileImport> {
  const { imports, file, clock, isDry, runId } = options;
  const run: ImportRun = { id: runId, source: `sluice ${options.source}`, begunAtMs: clock.nowMs() };
  const before = await imports.sums();
  if (!isDry) await imports.begin(run);
  const importing = new Importing(options, run);
  let lines = 0;
  for await (const part of file.parts()) {
    if ('rows' in part) await importing.addRows(part.rows);
    else await importing.addObjects(part.objects);
    lines += 'rows' in part ? part.rows.length : part.objects.length;
    options.onProgress?.(lines);
  }
  if (!isDry) await imports.end(runId, clock.nowMs());
  const { added, rows, summary } = importing;
  return { summary, rows, before, added, after: isDry ? sumOf(before, added) : await imports.sums() };
}

class Importing {
  readonly rows: RowCounts = {};
  added: MovedSums = { spend: 0n, totals: 0n, activity: 0n, ledger: 0n, rows: 0 };
  readonly #options: ImportOptions;
  readonly #run: ImportRun;
  readonly #writer: ItemWriter;
  readonly #names = new UniqueNames();

  constructor(options: ImportOptions, run: ImportRun) {
    this.#options = options;
    this.#run = run;
    const { imports, isDry, report } = options;
    this.#writer = new ItemWriter({ imports, isDry, report }, run);
  }

  get summary(): Summary {
    return this.#writer.summary;
  }

  async addRows(rows: readonly MovedRow[]): Promise<void> {
    const { imports, isDry, charge } = this.#options;
    const changes = await imports.changesOf(this.#run.source, rows);
    if (!isDry && changes.length > 0) {
      await charge?.(changes.flatMap(spentIn));
      await imports.addRows(this.#run, changes);
    }
    const [first] = rows;
    if (first === undefined) return;
    const { added, same } = this.rows[first.kind] ?? { added: 0, same: 0 };
    this.rows[first.kind] = { added: added + changes.length, same: same + rows.length - changes.length };
    for (const change of changes) this.added = sumOf(this.added, newMoney(change));
  }

  async addObjects(objects: readonly ReadObject[]): Promise<void> {
    const [first] = objects;
    if (first === undefined) return;
    const { kind } = first;
    const { imports } = this.#options;
    const ids = objects.map(({ id }) => id);
    const names = objects.flatMap(({ value }) => uniqueNameOf(kind, value) ?? []);
    const [seen, taken] = await Promise.all([
      imports.seen(this.#run.source, kind, ids),
      imports.taken(kind, ids, names),
    ]);
    const items: ImportItem[] = [];
    const lines: IdentifiedLine[] = [];
    for (const object of objects) {
      const notes: string[] = [];
      const known = { isThere: taken.ids.has(object.id), wasSeen: seen.has(object.id) };
      const { outcome, value } = this.#judge(object, known, notes);
      if (value !== undefined) {
        const named = this.#names.free(kind, value, taken.names, notes);
        items.push({ kind, id: object.id, value: named, spent: [], seen: '{}' } as unknown as ImportItem);
      }
      lines.push({ id: object.id, line: { kind, name: nameOf(object), notes, outcome } });
    }
    await this.#writer.write(kind, items, lines);
  }

  /** What becomes of an object; with a value it is made. */
  #judge(
    object: ReadObject,
    { isThere, wasSeen }: { readonly isThere: boolean; readonly wasSeen: boolean },
    notes: string[],
  ): { readonly outcome: Outcome; readonly value?: ImportedKinds[keyof ImportedKinds] } {
    if (this.#options.isDeclared(object.kind, object.id)) {
      notes.push('is declared in the configuration file, which wins: only its spend is imported');
      return { outcome: 'left' };
    }
    if (wasSeen && isThere) return { outcome: 'same' };
    if (wasSeen) notes.push('was imported before and deleted here since');
    else if (isThere) notes.push('exists here already, and not by an import: only its spend is imported');
    if (wasSeen || isThere) return { outcome: 'left' };
    try {
      if (object.kind === 'model') return { outcome: 'added', value: this.#sealedModel(object.value) };
      if (object.kind === 'credential') return { outcome: 'added', value: this.#sealedCredential(object.value) };
      return { outcome: 'added', value: object.value };
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      notes.push(error.message.replace(/\.$/, ''));
      return { outcome: 'refused' };
    }
  }

  /** A model whose secrets open here. Throws a SealError if they do not. */
  #sealedModel(model: StoredModel): StoredModel {
    const opened = unsealParams(model.litellmParams, model.id, this.#sealing);
    if (!this.#isToReseal(model.litellmParams)) return model;
    return { ...model, litellmParams: sealParams(opened, model.id, this.#sealing) };
  }

  /** A credential whose values open here. Throws a SealError if they do not. */
  #sealedCredential(credential: StoredCredential): StoredCredential {
    const values = unsealCredential(credential, this.#sealing);
    if (!this.#isToReseal(credential.values)) return credential;
    return { ...credential, values: sealCredential({ ...credential, values }, this.#sealing) };
  }

  #isToReseal(values: JsonObject): boolean {
    const { seal, isResealing } = this.#options;
    return isResealing && sealedTexts(values).some((text) => seal.isOutdated(text));
  }

  get #sealing(): Sealing {
    const { seal } = this.#options;
    return {
      seal: (text, place) => seal.seal(text, place),
      unseal: (text, place) => seal.unseal(text, place),
    };
  }
}

/** What people call an object; of a key's hash only the beginning. */
function nameOf(object: ReadObject): string {
  switch (object.kind) {
    case 'key': {
      const { name, hash, alias } = object.value;
      return `${name.slice(0, 20)} (${hash.slice(0, 8)}…)${alias === undefined ? '' : ` ${alias}`}`;
    }
    case 'user':
      return object.value.email ?? object.value.alias ?? object.id;
    case 'organization':
    case 'team':
    case 'customer':
      return object.value.alias ?? object.id;
    case 'team_member':
      return `${object.value.userId} in ${object.value.teamId}`;
    case 'organization_member':
      return `${object.value.userId} in ${object.value.organizationId}`;
    case 'model':
      return `${object.value.modelName} (${object.id.slice(0, 36)})`;
    default:
      return object.id;
  }
}

/** What is new, at the end of its quarter of an hour: a period that began within it counts all of it, as the ledger does. */
function spentIn({ row, seenBefore }: MovedChange): readonly ImportedSpend[] {
  if (row.kind !== 'spend') return [];
  const { account } = row;
  return newCosts(row, seenBefore).map(([atMs, cost]) => ({ account, atMs: atMs + QUARTER_MS - 1, cost }));
}

const QUARTER_MS = 900_000;

function sumOf(left: MovedSums, right: MovedSums): MovedSums {
  return {
    spend: left.spend + right.spend,
    totals: left.totals + right.totals,
    activity: left.activity + right.activity,
    ledger: left.ledger + right.ledger,
    rows: left.rows + right.rows,
  };
}
