/** Reads the named files and everything they include, and merges them into one tree. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { ConfigNode, MapNode, Place } from './config-node.ts';
import type { Findings } from './finding.ts';
import { MAX_FILE_BYTES, parseConfigText } from './parse-file.ts';

/** Reads the bytes of a file; throws if that fails. */
export type ReadFile = (path: string) => string | Uint8Array;

const MAX_INCLUDE_DEPTH = 8;
const MAX_FILES = 500;

/** What was read. `files` also names those that could not be, so that a watcher sees them appear. */
interface FilesRead {
  readonly root: MapNode | undefined;
  readonly files: readonly string[];
}

/** The reader of the real file system; refuses a file by its size before it is in memory. */
export const readFromDisk: ReadFile = (path) => {
  if (statSync(path).size > MAX_FILE_BYTES) throw new FileTooLarge();
  return readFileSync(path);
};

class FileTooLarge extends Error {}

const READ_FAILURES: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EISDIR', 'it is a folder'],
  ['EACCES', 'this user may not read it'],
]);

/**
 * Reads files in order and merges them: maps deeply, lists at the top level (`model_list`, `user_api_key_list`, …) one after
 * the other, of anything else the later one wins. An included file counts as read right after the file that names it.
 */
export function readFiles(files: readonly string[], readFile: ReadFile, findings: Findings): FilesRead {
  const reading = new Reading(readFile, findings);
  for (const file of files) reading.read(file, undefined, []);
  return { root: reading.root, files: reading.files };
}

class Reading {
  root: MapNode | undefined;
  readonly files: string[] = [];
  readonly #readFile: ReadFile;
  readonly #findings: Findings;

  constructor(readFile: ReadFile, findings: Findings) {
    this.#readFile = readFile;
    this.#findings = findings;
  }

  read(file: string, includedAt: Place | undefined, parents: readonly string[]): void {
    const path = resolve(file);
    if (parents.includes(path)) {
      const chain = [...parents.slice(parents.indexOf(path)), path]
        .map((each) => each.split(/[\\/]/).at(-1))
        .join(' → ');
      const message = `the include leads back to itself (${chain}); remove one of the links`;
      this.#findings.add('error', 'include-cycle', includedAt, message);
      return;
    }
    if (parents.length > MAX_INCLUDE_DEPTH || this.files.length >= MAX_FILES) {
      const message = `more than ${MAX_INCLUDE_DEPTH} levels of include, or more than ${MAX_FILES} files`;
      this.#findings.add('error', 'include-too-deep', includedAt, message);
      return;
    }
    if (!this.files.includes(file)) this.files.push(file);
    const tree = this.#parse(file, path, includedAt);
    if (tree === undefined) return;
    if (tree.kind !== 'map') {
      if (tree.kind === 'scalar' && tree.value === null) return;
      const message =
        'a configuration is a map with sections such as "model_list:", but this file holds something else';
      this.#findings.add('error', 'not-a-config', tree, message);
      return;
    }
    if (this.#isComposeFile(tree)) return;
    const include = tree.entries.get('include')?.value;
    tree.entries.delete('include');
    this.root = this.root === undefined ? tree : mergeMaps(this.root, tree, true);
    if (include !== undefined) this.#include(include, file, [...parents, path]);
  }

  #parse(file: string, path: string, includedAt: Place | undefined): ConfigNode | undefined {
    const fail = (code: 'file-not-read' | 'file-too-large', message: string): undefined => {
      if (includedAt === undefined)
        this.#findings.addAt({ severity: 'error', code, message, file, line: 0, column: 0 });
      else this.#findings.add('error', code, includedAt, message);
    };
    let bytes: string | Uint8Array;
    try {
      bytes = this.#readFile(path);
    } catch (error) {
      if (error instanceof FileTooLarge)
        return fail('file-too-large', `"${file}" is larger than ${MAX_FILE_BYTES} bytes; split it with include`);
      const code = (error as NodeJS.ErrnoException | null)?.code;
      const reason = READ_FAILURES.get(code ?? '') ?? `reading failed${code === undefined ? '' : ` (${code})`}`;
      return fail('file-not-read', `cannot read "${file}": ${reason}`);
    }
    if ((typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.byteLength) > MAX_FILE_BYTES) {
      return fail('file-too-large', `"${file}" is larger than ${MAX_FILE_BYTES} bytes; split it with include`);
    }
    let text: string;
    try {
      text = typeof bytes === 'string' ? bytes : new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      return fail('file-not-read', `cannot read "${file}": it is not UTF-8 text`);
    }
    return parseConfigText(file, text, this.#findings);
  }

  #include(include: ConfigNode, file: string, parents: readonly string[]): void {
    const items = include.kind === 'list' ? include.items : [include];
    for (const item of items) {
      if (item.kind === 'scalar' && typeof item.value === 'string' && item.value !== '') {
        const target = resolve(dirname(resolve(file)), item.value);
        // Shown the way the including file was named, so that messages stay as short as what was typed.
        const shown =
          file.startsWith('/') || item.value.startsWith('/') ? target : relativeTo(dirname(file), item.value);
        this.read(shown, item, parents);
      } else {
        this.#findings.add('error', 'wrong-type', item, '"include" must be a list of file names');
      }
    }
  }

  /**
   * A compose file given as a configuration would only yield a page of unknown keys; it is skipped with a warning. It is no
   * error: `--config *.yaml` in a folder that holds both should serve.
   */
  #isComposeFile(tree: MapNode): boolean {
    const services = tree.entries.get('services');
    if (services?.value.kind !== 'map' || tree.entries.has('model_list')) return false;
    const message =
      'this is a Docker Compose file (it declares "services:"), not a gateway configuration, and is skipped; give the file that its command names after --config, and start this one with `docker compose up`';
    this.#findings.add('warning', 'not-a-config', services, message);
    return true;
  }
}

function relativeTo(folder: string, name: string): string {
  return folder === '.' ? name : `${folder}/${name}`;
}

/** Merges two maps into a new one; neither is changed, since aliases may share them. */
function mergeMaps(earlier: MapNode, later: MapNode, isTop: boolean): MapNode {
  const entries = new Map(earlier.entries);
  for (const entry of later.entries.values()) {
    const before = entries.get(entry.key);
    if (before?.value.kind === 'map' && entry.value.kind === 'map') {
      entries.set(entry.key, { ...before, value: mergeMaps(before.value, entry.value, false) });
    } else if (isTop && before?.value.kind === 'list' && entry.value.kind === 'list') {
      entries.set(entry.key, {
        ...before,
        value: { ...before.value, items: [...before.value.items, ...entry.value.items] },
      });
    } else if (before === undefined || entry.value.kind !== 'scalar' || entry.value.value !== null) {
      entries.set(entry.key, entry);
    }
  }
  return { ...earlier, entries };
}
