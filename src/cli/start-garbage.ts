import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** The threads of the database rest by then. */
const AFTER_MS = 1_500;

/**
 * Collects what only the start needed (the price list, the texts of configuration files, code that ran once), about 10 MB: an idle
 * process would keep it, because Node.js collects only when something is allocated. It takes some 50 ms.
 */
export function collectStartGarbage(): void {
  setTimeout(() => {
    setFlagsFromString('--expose-gc');
    const collect: unknown = runInNewContext('gc');
    if (typeof collect === 'function') collect();
  }, AFTER_MS).unref();
}
