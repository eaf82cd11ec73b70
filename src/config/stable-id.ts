/** The id of a deployment that was not given one. */
import { createHash } from 'node:crypto';
import type { JsonValue } from '../core/json.ts';
import type { Section } from './section.ts';
import { rowOf } from './setting-rows.ts';
import { PARAMS } from './settings/model-list.ts';

/** The first 32 hex digits of a hash over the group and every parameter that is not a secret: the same file gives the same ids. */
export function stableId(group: string, model: string, params: Section<typeof PARAMS.rows>): string {
  const visible: [string, JsonValue | undefined][] = [];
  for (const name of params.names()) {
    if (rowOf(PARAMS.rows, name)?.type !== 'secret' && name !== 'extra_headers' && name !== 'headers')
      visible.push([name, params.json(name)]);
  }
  for (const [name, value] of Object.entries(params.unknown)) {
    if (!/key|secret|token|password|credential/i.test(name)) visible.push([name, value]);
  }
  visible.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
  return createHash('sha256')
    .update(JSON.stringify([group, model, visible]))
    .digest('hex')
    .slice(0, 32);
}
