/** Which tags and customers a key may name: those of other tenants have budgets that it must not use up. */
import type { JsonObject, JsonValue } from '../core/json.ts';
import { ownValue } from '../core/own-value.ts';
import { compileWildcard } from '../core/wildcard.ts';
import type { Identity } from './identity.ts';

/** Fields of keys and teams that bind what their requests may name, the kind of their traffic among them; only admins set them. */
export const BINDINGS = ['allowed_tags', 'allowed_customers', 'traffic_class'] as const;

/**
 * The first of the names that a key may not use, by its own list and by its team's. Without a list anything may be named,
 * unless names are `bound`: then nothing may. `*` in a list stands for any text.
 */
export function foreignName(
  { isAdmin, objects: { key, team } }: Pick<Identity, 'isAdmin' | 'objects'>,
  field: Exclude<(typeof BINDINGS)[number], 'traffic_class'>,
  names: readonly string[],
  isBound: boolean,
): string | undefined {
  if (isAdmin) return undefined;
  const [ofKey, ofTeam] = [listOf(key?.further, field), listOf(team?.further, field)];
  if (ofKey === undefined && ofTeam === undefined) return isBound ? names[0] : undefined;
  return names.find((name) => !allows(ofKey, name) || !allows(ofTeam, name));
}

/** Null is what a client sends for no list. */
function listOf(further: JsonObject | undefined, field: string): JsonValue | undefined {
  return ownValue(further, field) ?? undefined;
}

/** What is not a list allows nothing: a mistake must not open what somebody wanted to close. */
function allows(list: JsonValue | undefined, name: string): boolean {
  if (list === undefined) return true;
  if (!Array.isArray(list)) return false;
  return list.some(
    (allowed) =>
      allowed === name ||
      (typeof allowed === 'string' && allowed.includes('*') && compileWildcard(allowed).match(name) !== undefined),
  );
}
