/** Writes everything of a database to a file: whole or not at all, readable by its owner alone. */
import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sealedTexts } from '../../admin/models/sealed.ts';
import type { JsonObject } from '../../core/json.ts';
import type { StoredCredential, StoredModel } from '../../stores/contracts/directory.ts';
import type { MovedRow, MovedSums, Snapshot } from '../../stores/contracts/moved.ts';
import { decodeObject } from '../../stores/contracts/object-text.ts';
import { Seal } from '../../tenancy/seal.ts';
import { checkLine, FORMAT, type Header, headerLine } from './header.ts';
import { lineOfObject, lineOfRow, OBJECT_KINDS } from './lines.ts';

/** What is written, and where. */
interface ExportOptions {
  readonly snapshot: Snapshot;
  readonly path: string;
  readonly header: Pick<Header, 'release' | 'madeAt' | 'source' | 'hasLedger'>;
  /** Called with how many lines are written, after each part. */
  readonly onProgress?: (lines: number) => void;
}

/** How much of what was written. */
export interface Written {
  readonly counts: Readonly<Record<string, number>>;
  readonly sums: MovedSums;
}

const SUM_KINDS = ['spend', 'total', 'reset', 'activity', 'savings'] as const;
const LEDGER_KINDS = ['attempt', 'ledger', 'change'] as const;

/** Writes it beside its place and puts it there when it is whole. Replaces an older file of that name. */
export async function writeExport({ snapshot, path, header, onProgress }: ExportOptions): Promise<Written> {
  const unfinished = `${path}.unfinished`;
  await rm(unfinished, { force: true });
  // Exclusively, so that no other user can have put a file or a link there that others may read.
  const handle = await open(unfinished, 'wx', 0o600);
  try {
    const out = new CheckedLines(handle);
    const counts: Record<string, number> = {};
    const put = async (kind: string, lines: readonly string[]): Promise<void> => {
      if (lines.length === 0) return;
      counts[kind] = (counts[kind] ?? 0) + lines.length;
      await out.write(lines);
      onProgress?.(out.lines);
    };
    await out.write([headerLine({ ...header, format: FORMAT, sealKeys: await sealKeysOf(snapshot) })]);
    const kinds: readonly MovedRow['kind'][] = header.hasLedger ? [...SUM_KINDS, ...LEDGER_KINDS] : SUM_KINDS;
    for (const kind of kinds) {
      for await (const rows of snapshot.rows(kind)) await put(kind, rows.map(lineOfRow));
    }
    for (const kind of OBJECT_KINDS) {
      for await (const objects of snapshot.objects(kind)) await put(kind, objects.map(lineOfObject));
    }
    const sums = await snapshot.sums();
    await out.end();
    await handle.sync();
    await handle.close();
    await rename(unfinished, path);
    await syncFolder(dirname(path));
    return { counts, sums };
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(unfinished, { force: true });
    throw error;
  }
}

/** Lines with a checksum of all before it after every part. */
class CheckedLines {
  lines = 0;
  readonly #handle: FileHandle;
  readonly #hash = createHash('sha256');
  #sinceCheck = 0;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(lines: readonly string[]): Promise<void> {
    await this.#put(`${lines.join('\n')}\n`, lines.length);
    this.#sinceCheck += lines.length;
    if (this.#sinceCheck >= LINES_PER_CHECK) await this.#check(false);
  }

  end(): Promise<void> {
    return this.#check(true);
  }

  async #check(isEnd: boolean): Promise<void> {
    const sha256 = this.#hash.copy().digest('hex');
    this.#sinceCheck = 0;
    await this.#put(`${checkLine({ lines: this.lines, sha256, isEnd })}\n`, 1);
  }

  async #put(text: string, lines: number): Promise<void> {
    this.#hash.update(text);
    this.lines += lines;
    await this.#handle.writeFile(text);
  }
}

/** So that a reader of a damaged file learns between which lines it is. */
const LINES_PER_CHECK = 1_000;

async function sealKeysOf(snapshot: Snapshot): Promise<readonly string[]> {
  const ids = new Set<string>();
  const add = (values: JsonObject): void => {
    for (const sealed of sealedTexts(values)) ids.add(Seal.keyIdOf(sealed));
  };
  for await (const models of snapshot.objects('model')) {
    for (const { text } of models) add(decodeObject<StoredModel>(text).litellmParams);
  }
  for await (const credentials of snapshot.objects('credential')) {
    for (const { text } of credentials) add(decodeObject<StoredCredential>(text).values);
  }
  return [...ids].sort();
}

/** So that the new name outlives a crash of the machine. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
