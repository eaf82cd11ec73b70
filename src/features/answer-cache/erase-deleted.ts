import type { CacheScope } from '../../exchange/cached-answers.ts';
import type { Changed, Directory } from '../../stores/contracts/directory.ts';

const KINDS = new Map<Changed['kind'], CacheScope['kind']>([
  ['key', 'key'],
  ['user', 'user'],
  ['team', 'team'],
  ['organization', 'org'],
]);

/**
 * Erases the scopes of objects that are deleted: another object may get the same id. `changed`: what was changed or deleted. Rejects
 * with what kept it from erasing one of them, after it tried all.
 */
export async function eraseDeleted(
  changed: readonly Changed[],
  directory: Pick<Directory, 'get'>,
  erase: (scope: CacheScope) => void | Promise<void>,
): Promise<void> {
  const results = await Promise.allSettled(
    changed.map(async ({ kind, id }) => {
      const scope = KINDS.get(kind);
      if (scope === undefined) return;
      // Without the directory it is unknown whether the object is still there: an erased scope only fills again.
      const found = await directory.get(kind, id).catch(() => undefined);
      if (found === undefined) await erase({ kind: scope, id });
    }),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
