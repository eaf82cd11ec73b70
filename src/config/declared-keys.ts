/** Reads `user_api_key_list` into keys. */

import type { JsonObject } from '../core/json.ts';
import { LIMIT_NAMES, type Limits } from '../stores/contracts/directory.ts';
import { withBoundNames } from './bound-names.ts';
import { type MapNode, member, type Place, positionOf } from './config-node.ts';
import type { DeclaredKey } from './gateway-config.ts';
import type { ReadingContext } from './reading-context.ts';
import { Section } from './section.ts';
import { rowOf } from './setting-rows.ts';
import { DECLARED_KEY, KEY_METADATA } from './settings/declared-keys.ts';

/** A declared key and the places its messages point to. */
export interface DeclaredKeyRead {
  readonly key: DeclaredKey;
  readonly place: Place;
  readonly modelPlaces: readonly Place[];
}

/** Reads all entries; one without a key is an error, because its tenant would be locked out. */
export function readDeclaredKeys(root: MapNode, context: ReadingContext): readonly DeclaredKeyRead[] {
  const list = member(root, 'user_api_key_list');
  const keys: DeclaredKeyRead[] = [];
  const seen = new Set<string>();
  for (const item of list?.kind === 'list' ? list.items : []) {
    if (item.kind !== 'map') {
      context.findings.add('error', 'wrong-type', item, 'an entry of user_api_key_list must be a map with api_key');
      continue;
    }
    const read = readKey(item, context);
    if (read === undefined) continue;
    if (!seen.has(read.key.key)) keys.push(read);
    else {
      const message = 'this key is declared twice in user_api_key_list; keep one entry';
      context.findings.add('error', 'duplicate-declared-key', item, message);
    }
    seen.add(read.key.key);
  }
  return keys;
}

function readKey(item: MapNode, context: ReadingContext): DeclaredKeyRead | undefined {
  const isKey = (name: string): boolean => name === 'api_key' || name === 'key';
  const options = { path: 'user_api_key_list[]', unknown: 'refuse-typos', unsetIsError: isKey } as const;
  const section = new Section(item, DECLARED_KEY, options, context);
  const { key, ...fields } = section.fields();
  if (key === undefined) {
    const message = 'this entry of user_api_key_list has no api_key';
    if (!section.isUnset('api_key') && !section.isUnset('key'))
      context.findings.add('error', 'missing-key', item, message);
    return undefined;
  }
  const { limits, others } = splitLimits(withBoundNames(fields));
  const modelPlaces = section.placesIn(section.has('allowed_models') ? 'allowed_models' : 'models', fields.models);
  const metadata = readMetadata(section, context);
  return { key: { ...others, key, limits, metadata, position: positionOf(item) }, place: item, modelPlaces };
}

/** The limits among the fields of an object, and the others. */
function splitLimits<Fields extends Limits>(fields: Fields) {
  const isLimit = (name: string): boolean => (LIMIT_NAMES as readonly string[]).includes(name);
  const entries = Object.entries(fields);
  const limits: Limits = Object.fromEntries(entries.filter(([name]) => isLimit(name)));
  const others = Object.fromEntries(entries.filter(([name]) => !isLimit(name))) as Omit<Fields, keyof Limits>;
  return { limits, others };
}

/** The metadata as written, those members checked that act; the key's `tags` are kept there, as LiteLLM keeps them. */
function readMetadata(key: Section<typeof DECLARED_KEY>, context: ReadingContext): JsonObject {
  const node = key.map('metadata');
  const acting = [...(node?.entries ?? [])].filter(([name]) => rowOf(KEY_METADATA, name) !== undefined);
  const options = { path: 'user_api_key_list[].metadata' };
  const section = new Section(node && { ...node, entries: new Map(acting) }, KEY_METADATA, options, context);
  const metadata: JsonObject = { ...(key.json('metadata') as JsonObject | undefined) };
  for (const name of section.names()) metadata[name] = section.json(name);
  const tags = [...(key.get('tags') ?? []), ...(section.get('tags') ?? [])];
  if (tags.length > 0) metadata.tags = [...new Set(tags)];
  return metadata;
}
