/** Settings of the provider's prompt cache: of single deployments, and for those without their own. */

import { isJsonObject, type JsonValue } from '../../core/json.ts';
import { toJson } from '../config-node.ts';
import { now, own, type ReadNode, type SettingRows } from '../setting-rows.ts';

const MODES = ['off', 'system', 'auto'] as const;
const ISOLATIONS = ['shared', 'partition'] as const;

/** Where the operator wants marks, whatever they are worth: LiteLLM's `cache_control_injection_points`. */
type CachePoint =
  | { readonly at: 'tools'; readonly isOneHour: boolean }
  /** The message at a place, which counts from the end if it is negative, else all of a role. */
  | { readonly at: 'messages'; readonly role?: string; readonly index?: number; readonly isOneHour: boolean };

const readPoints: ReadNode<readonly CachePoint[]> = (node, path, { findings }) => {
  const value = toJson(node);
  const points: CachePoint[] = [];
  for (const [place, item] of (Array.isArray(value) ? value : []).entries()) {
    const point = pointOf(item);
    if (typeof point === 'string') findings.add('error', 'wrong-type', node, `${path}[${place}] ${point}`);
    else points.push(point);
  }
  return points;
};

function pointOf(item: JsonValue): CachePoint | string {
  if (!isJsonObject(item)) return 'must be a map with location';
  const { location, role, index, control } = item;
  const isOneHour = isJsonObject(control) && control.ttl === '1h';
  if (location === 'tool_config') return { at: 'tools', isOneHour };
  if (location !== 'message') return 'has a location other than message and tool_config';
  if (role !== undefined && role !== null && typeof role !== 'string') return 'has a role that is not a text';
  // LiteLLM takes the number as a text too.
  const place = index === undefined || index === null ? undefined : Number(index);
  if (place !== undefined && !Number.isInteger(place)) return 'has an index that is not a whole number';
  return {
    at: 'messages',
    isOneHour,
    ...(typeof role === 'string' && { role }),
    ...(place !== undefined && { index: place }),
  };
}

/** The members of `litellm_params`. */
export const PROMPT_CACHE_SETTINGS = {
  prompt_cache: own(
    MODES,
    "Marks for the provider's prompt cache: `system` sets one at the end of tools and leading instructions, `auto` also rolling ones in conversations, each where it is expected to pay; `off` sets none.",
    { to: 'promptCache', otherwise: '`litellm_settings.prompt_cache`' },
  ),
  prompt_cache_isolation: own(
    ISOLATIONS,
    'Whether tenants share what the provider keeps of prompts: with `partition` they are kept apart as far as the provider allows, and none sees or is charged by what others sent.',
    { to: 'promptCacheIsolation', otherwise: '`litellm_settings.prompt_cache_isolation`' },
  ),
  prompt_cache_salt: own(
    'flag',
    'With `partition`: a line that differs by tenant begins each prompt, so that no provider finds one of another.',
    {
      to: 'promptCacheSalt',
      otherwise: 'false',
    },
  ),
  cache_control_injection_points: now(
    'list',
    'Where prompt-cache marks are set: maps with `location` `message` (and `role` or `index`, also from the end) or `tool_config`. Counts before `prompt_cache`.',
    { to: 'cachePoints', read: readPoints },
  ),
} satisfies SettingRows;

/** The members of `litellm_settings`. */
export const PROMPT_CACHE_DEFAULTS = {
  prompt_cache: own(MODES, "Marks for the provider's prompt cache, for deployments that say nothing of their own.", {
    to: 'promptCache.mode',
    otherwise: '`system` with `cache_system_prompt_only`, else `off`',
  }),
  prompt_cache_isolation: own(ISOLATIONS, 'The same for `prompt_cache_isolation`.', {
    to: 'promptCache.isolation',
    default: 'shared',
  }),
} satisfies SettingRows;
