/**
 * Loaded into a gateway before it starts (`NODE_OPTIONS=--import`): on SIGUSR2 it collects garbage, and appends what is alive to the
 * file that SLUICE_HEAP_PROBE names.
 */
import { appendFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

const file = process.env.SLUICE_HEAP_PROBE;
if (isMainThread && file !== undefined) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  process.on('SIGUSR2', () => {
    // What only weak references hold is gone after the second time.
    collect();
    collect();
    const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
    appendFileSync(file, `${JSON.stringify({ heapUsed, external, arrayBuffers, rss })}\n`);
  });
}
