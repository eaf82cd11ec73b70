/** `router_settings` of a key or a team. */
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { ConfigNode } from '../config-node.ts';
import type { ReadingContext } from '../reading-context.ts';
import { Section } from '../section.ts';
import { now, type ReadNode, type SettingRows } from '../setting-rows.ts';

/** Its members. */
const OWN_ROUTING = {
  num_retries: now('integer', 'Further tries in the group after a failure, at most 10.'),
  max_retries: now('integer', 'Another name for `num_retries`.'),
  timeout: now('seconds', 'Limit of a request, as if it brought `timeout`.'),
  stream_timeout: now('seconds', 'Limit of a streamed attempt up to its first content.'),
  fallbacks: now('groups', 'Group → groups tried in this order when it fails; `*` for any other group.'),
  default_fallbacks: now('texts', 'Groups tried when a group without fallbacks of its own fails.'),
  context_window_fallbacks: now('groups', 'Group → groups tried when the prompt is too long.'),
  content_policy_fallbacks: now('groups', 'Group → groups tried when the provider refuses for its content policy.'),
} satisfies SettingRows;

/** Checks the map; it is kept as it is written, as the API keeps it. */
const readOwnRouting: ReadNode<JsonObject> = (node: ConfigNode, path: string, context: ReadingContext) => {
  if (node.kind !== 'map') return undefined;
  const section = new Section(node, OWN_ROUTING, { path }, context);
  const settings: JsonObject = {};
  for (const name of section.names()) settings[name] = section.json(name) as JsonValue;
  return settings;
};

/** The row of `router_settings`. */
export const OWN_ROUTER_SETTINGS = now(
  'map',
  'Routing of its requests: what a request does not say itself. A key wins over its team, both over the `router_settings` of the file.',
  {
    to: 'routerSettings',
    read: readOwnRouting,
    members: { as: 'map', rows: OWN_ROUTING, id: 'own_routing' },
  },
);
