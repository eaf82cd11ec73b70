import type { JsonObject } from '../core/json.ts';
import type { FieldsOf } from './setting-rows.ts';
import type { BINDINGS } from './settings/declared-objects.ts';

interface BoundFields {
  readonly models: readonly string[];
  readonly allowedCacheControls?: readonly string[];
  readonly accessGroups?: readonly string[];
  readonly routerSettings?: JsonObject;
  readonly tagRpmLimit?: Readonly<Record<string, number>>;
  readonly budgetFallbacks?: JsonObject;
  readonly throttles?: boolean;
}

/** What a declared key or team has besides its own fields, as the directory keeps it; access groups are names of models there. */
export function withBoundNames<Fields extends FieldsOf<typeof BINDINGS> & BoundFields>(
  fields: Fields,
  kept: JsonObject = {},
) {
  const { allowedTags, allowedCustomers, allowedCacheControls, accessGroups, routerSettings, tagRpmLimit, ...rest } =
    fields;
  const { trafficClass, budgetFallbacks, throttles, ...others } = rest;
  const further: JsonObject = {
    ...kept,
    ...(allowedTags !== undefined && { allowed_tags: [...allowedTags] }),
    ...(allowedCustomers !== undefined && { allowed_customers: [...allowedCustomers] }),
    ...(trafficClass !== undefined && { traffic_class: trafficClass }),
    ...(budgetFallbacks !== undefined && { budget_fallbacks: budgetFallbacks }),
    ...(throttles === true && { throttle_on_budget_exceeded: true }),
    ...(allowedCacheControls !== undefined && { allowed_cache_controls: [...allowedCacheControls] }),
    ...(accessGroups !== undefined && { access_group_ids: [...accessGroups] }),
    ...(routerSettings !== undefined && { router_settings: routerSettings }),
    ...(tagRpmLimit !== undefined && { tag_rpm_limit: { ...tagRpmLimit } }),
  };
  return {
    ...others,
    models: accessGroups === undefined ? fields.models : [...fields.models, ...accessGroups],
    ...(Object.keys(further).length > 0 && { further }),
  };
}
