/** Watches the files of a configuration, those that it includes or names too, and reports when their content has changed. */
import { createHash } from 'node:crypto';
import { type FSWatcher, readFileSync, realpathSync, type Stats, statSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import { Findings } from './finding.ts';
import { readFiles, readFromDisk } from './read-files.ts';

/** What is watched, and the delays. */
export interface WatchOptions {
  /** Files as they were given or read; what they include is looked up again after each change. */
  readonly files: readonly string[];
  /** Files that settings name, such as certificates, as they are now: watched, and read as they are. */
  readonly named?: () => readonly string[];
  /** Called when the content has changed and is stable. */
  readonly onChange: () => void;
  /** Quiet time after the last sign of a change before the files are read. */
  readonly debounceMs?: number;
  /** Delay of the second look at files that seem half-written. */
  readonly retryMs?: number;
  /** How often to look without a sign: network folders and single mounted files give none. */
  readonly pollMs?: number;
}

/** A watch that is running. */
interface ConfigWatch {
  close(): void;
}

/** Starts to watch. Folders are watched, not files: only so is a rename over a file seen, which editors and deployments do. */
export function watchConfig(options: WatchOptions): ConfigWatch {
  return new Watch(options);
}

class Watch implements ConfigWatch {
  readonly #options: WatchOptions;
  readonly #poll: NodeJS.Timeout;
  #watchers = new Map<string, FSWatcher>();
  #files: readonly string[];
  #seen: string;
  #signature: string;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#files = options.files;
    this.#seen = contentHash(this.#all());
    this.#signature = signature(this.#all());
    this.#watchFolders();
    this.#poll = setInterval(() => this.#lookFromAfar(), options.pollMs ?? 5_000);
    this.#poll.unref();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#poll);
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #named(): readonly string[] {
    return this.#options.named?.() ?? [];
  }

  #all(): readonly string[] {
    return [...this.#files, ...this.#named()];
  }

  #lookFromAfar(): void {
    const now = signature(this.#all());
    if (now === this.#signature) return;
    this.#signature = now;
    this.#watchFolders();
    this.#lookSoon();
  }

  /** Waits for quiet; each further sign restarts the wait. */
  #lookSoon(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(false), this.#options.debounceMs ?? 200);
    this.#timer.unref();
  }

  #look(isSecondLook: boolean): void {
    if (this.#isClosed) return;
    const hash = contentHash(this.#all());
    if (hash === this.#seen) return;
    const findings = new Findings();
    const { files } = readFiles(this.#options.files, readFromDisk, findings);
    // A writer that truncates first leaves the file empty or cut for a moment. Reported at once, that would be an error which is
    // gone when the operator looks, or worse, an empty configuration that is served.
    if (!isSecondLook && (findings.hasErrors || [...files, ...this.#named()].some(isEmpty))) {
      this.#timer = setTimeout(() => this.#look(true), this.#options.retryMs ?? 300);
      this.#timer.unref();
      return;
    }
    this.#files = [...new Set([...this.#options.files, ...files])];
    // Taken before the caller reads the files: what changes later has another hash and is reported again.
    this.#seen = contentHash(this.#all());
    this.#signature = signature(this.#all());
    this.#watchFolders();
    this.#options.onChange();
  }

  /** Watches every folder that holds a file, also behind a link: a mounted ConfigMap is replaced by changing a link. */
  #watchFolders(): void {
    const wanted = new Set(this.#all().flatMap((file) => [dirname(file), dirname(realPath(file))]));
    for (const [folder, watcher] of this.#watchers) {
      if (wanted.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of wanted) {
      if (this.#watchers.has(folder)) continue;
      const watcher = watchFolder(folder, () => this.#lookSoon());
      if (watcher !== undefined) this.#watchers.set(folder, watcher);
    }
  }
}

/** A folder that cannot be watched (gone, too many watches, a network drive) is covered by the regular look. */
function watchFolder(folder: string, onSign: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, onSign);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

function isEmpty(file: string): boolean {
  return statOf(file)?.size === 0;
}

/** The state of a file; undefined if it is missing or unreadable. */
function statOf(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch {
    return undefined;
  }
}

/** Size, time and identity of all files: cheap to compare. */
function signature(files: readonly string[]): string {
  return files
    .map((file) => {
      const stat = statOf(file);
      return stat === undefined ? 'none' : `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
    })
    .join('\n');
}

/** A hash over the content of all files. */
function contentHash(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) {
    hash.update(`\u0000${file}\u0000`);
    try {
      hash.update(readFileSync(file));
    } catch {
      hash.update('cannot be read');
    }
  }
  return hash.digest('hex');
}
