import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where installed programs are kept between runs: the user's cache, or the folder for temporary files if that cannot be written. */
export function cacheFolder(): string {
  const own = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'sluice-test-programs');
  try {
    mkdirSync(own, { recursive: true });
    accessSync(own, constants.W_OK);
    return own;
  } catch {
    const shared = join(tmpdir(), 'sluice-test-programs');
    mkdirSync(shared, { recursive: true });
    return shared;
  }
}

const OUT_OF_REACH =
  /connection broken|NewConnectionError|No matching distribution|time[d-]? ?out|ETIMEDOUT|SIGTERM|Temporary failure|unreachable|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|network|\b40[34]\b|\bE40[34]\b|50\d/i;

/** The reason for a skip if an installer could not reach its registry; throws what happened if it failed for another reason. */
export function outOfReach(reason: string, error: unknown): string {
  const { stderr = '', message, killed = false } = error as Error & { stderr?: string; killed?: boolean };
  const said = (stderr || message).trim();
  if (!killed && !OUT_OF_REACH.test(said)) throw error;
  return `${reason}: ${said.split('\n').at(-1)?.slice(0, 200)}`;
}
