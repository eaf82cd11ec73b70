/** Reads which groups fall back to which, from `router_settings` and `litellm_settings`, in either dialect. */
import { type ConfigNode, member, type Place, textOf } from './config-node.ts';
import type { FallbackMap } from './gateway-config.ts';
import type { Section } from './section.ts';
import type { LITELLM_SETTINGS } from './settings/litellm-settings.ts';
import type { ROUTER_SETTINGS } from './settings/router-settings.ts';

/** The settings that hold maps from a group to its fallback groups. */
export const FALLBACK_SETTINGS = ['fallbacks', 'context_window_fallbacks', 'content_policy_fallbacks'] as const;

/** One of them. */
type FallbackSetting = (typeof FALLBACK_SETTINGS)[number];

/** One written step from a group to another, for the search for circles. */
export interface FallbackStep {
  readonly setting: FallbackSetting;
  readonly from: string;
  readonly to: string;
  readonly place: Place;
}

/** What fallbacks are read from, and the steps that reading them adds to. */
interface FallbackReading {
  readonly router: Section<typeof ROUTER_SETTINGS>;
  readonly litellm: Section<typeof LITELLM_SETTINGS>;
  readonly steps: FallbackStep[];
}

/** The map of one setting; for a group in both, `router_settings` wins over `litellm_settings`. */
export function readFallbacks(setting: FallbackSetting, reading: FallbackReading): FallbackMap {
  const into = new Map<string, readonly string[]>();
  const steps = new Map<string, readonly FallbackStep[]>();
  for (const section of [reading.litellm, reading.router])
    readMaps(setting, section.node(setting), reading, into, steps);
  for (const each of steps.values()) reading.steps.push(...each);
  if (setting === 'fallbacks') readDefaults(reading, into);
  return into;
}

/** `[{ "gpt-4o": ["a", "b"] }]`, or the map alone; a target may also be a map with a `model`. */
function readMaps(
  setting: FallbackSetting,
  node: ConfigNode | undefined,
  { router }: FallbackReading,
  into: Map<string, readonly string[]>,
  steps: Map<string, readonly FallbackStep[]>,
): void {
  if (node === undefined || node.kind === 'scalar') return;
  const { findings, references } = router.context;
  for (const item of node.kind === 'list' ? node.items : [node]) {
    if (item.kind !== 'map') {
      const message = `${setting} must be a list of maps from a group to its fallback groups, such as - "gpt-4o": ["claude"]`;
      findings.add('error', 'wrong-type', item, message);
      continue;
    }
    for (const entry of item.entries.values()) {
      if (entry.key !== '*') references.push({ group: entry.key, place: entry, from: `${setting} (its left side)` });
      const taken: FallbackStep[] = [];
      for (const target of entry.value.kind === 'list' ? entry.value.items : [entry.value]) {
        const group = textOf(target) ?? textOf(member(target, 'model'));
        if (group === undefined) {
          const message = `a fallback of "${entry.key}" must be the name of a model group`;
          findings.add('error', 'wrong-type', target, message);
          continue;
        }
        taken.push({ setting, from: entry.key, to: group, place: target });
        references.push({ group, place: target, from: `${setting} of "${entry.key}"` });
      }
      into.set(
        entry.key,
        taken.map(({ to }) => to),
      );
      steps.set(entry.key, taken);
    }
  }
}

/** The lists for groups without fallbacks of their own; LiteLLM's name in `router_settings` wins. */
function readDefaults({ router, litellm }: FallbackReading, into: Map<string, readonly string[]>): void {
  const { references } = router.context;
  const take = (section: Pick<Section, 'placesIn'>, name: string, groups: readonly string[] = []): void => {
    if (groups.length === 0) return;
    into.set('*', groups);
    const places = section.placesIn(name, groups);
    for (const [index, group] of groups.entries()) {
      const place = places[index];
      if (place !== undefined) references.push({ group, place, from: name });
    }
  };
  take(litellm, 'default_fallbacks', litellm.get('default_fallbacks'));
  take(router, 'default_fallback_models', router.get('default_fallback_models'));
  take(router, 'default_fallbacks', router.get('default_fallbacks'));
}
