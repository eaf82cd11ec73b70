import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { newMasterKey } from '../core/ids.ts';

/** The master key and where it came from. */
export type MasterKey =
  | { readonly from: 'config'; readonly key: string }
  | { readonly from: 'environment'; readonly key: string; readonly variable: string }
  | { readonly from: 'file'; readonly key: string; readonly path: string; readonly isNew: boolean };

/** Environment variables that may hold the master key; the first that is set wins. */
const MASTER_KEY_VARIABLES = ['LITELLM_MASTER_KEY', 'SLUICE_MASTER_KEY', 'GATEWAY_MASTER_KEY'] as const;

const KEY_FILE = 'master-key';

/** The folder for what must outlive a restart, as an absolute path. */
export function dataFolder(env: NodeJS.ProcessEnv): string {
  return resolve(env.SLUICE_DATA_DIR || 'data');
}

/** The master key: the configuration's, else the environment's, else the data folder's, made there on the first start. */
export function findMasterKey(configured: string | undefined, env: NodeJS.ProcessEnv): MasterKey {
  return givenKey(configured, env) ?? keyInFolder(dataFolder(env));
}

/** The master key as `findMasterKey` would give it, without making one. */
export function knownMasterKey(configured: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  return givenKey(configured, env)?.key ?? readKey(join(dataFolder(env), KEY_FILE));
}

function givenKey(configured: string | undefined, env: NodeJS.ProcessEnv): MasterKey | undefined {
  if (configured !== undefined && configured !== '') return { from: 'config', key: configured };
  for (const variable of MASTER_KEY_VARIABLES) {
    const key = env[variable];
    if (key) return { from: 'environment', key, variable };
  }
  return undefined;
}

/** The master key kept in a folder; makes the folder and the key where they are missing. */
export function keyInFolder(folder: string): MasterKey & { from: 'file' } {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, KEY_FILE);
  const found = readKey(path);
  if (found !== undefined) return { from: 'file', key: found, path, isNew: false };

  // Written whole under another name and then linked into place: of two starters at once one link fails, and both read the same
  // key. A file opened under its final name could be read while it is still empty.
  const draft = join(folder, `.master-key-${process.pid}-${randomBytes(6).toString('hex')}`);
  const key = newMasterKey();
  try {
    const file = openSync(draft, 'wx', 0o600);
    try {
      writeFileSync(file, `${key}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    linkSync(draft, path);
    return { from: 'file', key, path, isNew: true };
  } catch (error) {
    const winner = isCode(error, 'EEXIST') ? readKey(path) : undefined;
    if (winner === undefined) throw error;
    return { from: 'file', key: winner, path, isNew: false };
  } finally {
    rmSync(draft, { force: true });
  }
}

/** The key in the file; undefined where there is no file. Throws for an empty one: serving without a key is never right. */
function readKey(path: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  if (text === '') throw new Error(`${path} is empty. Delete it and a new master key is made.`);
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
  return text;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
