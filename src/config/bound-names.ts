import type { JsonObject } from '../core/json.ts';
import type { FieldsOf } from './setting-rows.ts';
import type { BINDINGS } from './settings/declared-objects.ts';

interface CacheControls {
  readonly allowedCacheControls?: readonly string[];
}

/** The lists of names that a declared key or team has, as the directory keeps them, and its other fields. */
export function withBoundNames<Fields extends FieldsOf<typeof BINDINGS> & CacheControls>(fields: Fields) {
  const { allowedTags, allowedCustomers, allowedCacheControls, ...others } = fields;
  const further: JsonObject = {
    ...(allowedTags !== undefined && { allowed_tags: [...allowedTags] }),
    ...(allowedCustomers !== undefined && { allowed_customers: [...allowedCustomers] }),
    ...(allowedCacheControls !== undefined && { allowed_cache_controls: [...allowedCacheControls] }),
  };
  return { ...others, ...(Object.keys(further).length > 0 && { further }) };
}
