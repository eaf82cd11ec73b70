/** Rates of a key by the tags of its requests (`tag_rpm_limit`): each is counted for this key alone, and counts no money. */
import { escapeId } from '../core/escape-id.ts';
import { isJsonObject } from '../core/json.ts';
import type { Identity } from './identity.ts';
import type { Scope } from './scopes.ts';

/** The scope of each tag that a key limits; undefined if it limits none. */
export function tagScopesOf({ scopes, objects: { key } }: Identity): ReadonlyMap<string, Scope> | undefined {
  const limits = key?.further.tag_rpm_limit;
  const own = scopes.find(({ kind }) => kind === 'key');
  if (!isJsonObject(limits) || own === undefined) return undefined;
  const byTag = new Map<string, Scope>();
  for (const [tag, limit] of Object.entries(limits)) {
    if (limit === null || limit === undefined) continue;
    const rpmLimit = Number(limit);
    byTag.set(tag, {
      kind: 'key',
      account: `${own.account}/tag:${escapeId(tag)}`,
      label: `${own.label}, tag=${tag}`,
      // A mistake must not open what somebody wanted to close.
      limits: { rpmLimit: Number.isSafeInteger(rpmLimit) && rpmLimit >= 0 ? rpmLimit : 0 },
      anchorMs: 0,
    });
  }
  return byTag.size === 0 ? undefined : byTag;
}
