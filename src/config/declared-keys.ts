/** Reads `user_api_key_list` into keys. */
import { defined } from '../core/defined.ts';
import type { JsonObject } from '../core/json.ts';
import { type MapNode, member, type Place, positionOf } from './config-node.ts';
import { momentMs } from './durations.ts';
import type { DeclaredKey } from './gateway-config.ts';
import { DECLARED_KEY, KEY_METADATA } from './known-settings.ts';
import { readLimits } from './limits.ts';
import { type ReadingContext, Section } from './section.ts';

/** A declared key and the places its messages point to. */
export interface DeclaredKeyRead {
  readonly key: DeclaredKey;
  readonly place: Place;
  readonly modelPlaces: readonly Place[];
}

/** Reads all entries; one without a key is an error, since the tenant it was meant for would be locked out. */
export function readDeclaredKeys(root: MapNode, context: ReadingContext): readonly DeclaredKeyRead[] {
  const list = member(root, 'user_api_key_list');
  if (list?.kind !== 'list') return [];
  const keys: DeclaredKeyRead[] = [];
  const seen = new Set<string>();
  for (const item of list.items) {
    if (item.kind !== 'map') {
      context.findings.add('error', 'wrong-type', item, 'an entry of user_api_key_list must be a map with api_key');
      continue;
    }
    const read = readKey(item, context);
    if (read === undefined) continue;
    if (seen.has(read.key.key)) {
      const message = 'this key is declared twice in user_api_key_list; keep one entry';
      context.findings.add('error', 'duplicate-declared-key', item, message);
      continue;
    }
    seen.add(read.key.key);
    keys.push(read);
  }
  return keys;
}

function readKey(item: MapNode, context: ReadingContext): DeclaredKeyRead | undefined {
  const isKey = (name: string): boolean => name === 'api_key' || name === 'key';
  const options = { path: 'user_api_key_list[]', unknown: 'refuse-typos', unsetIsError: isKey } as const;
  const section = new Section(item, DECLARED_KEY, options, context);
  const key = section.text('api_key') ?? section.text('key');
  if (key === undefined) {
    const node = section.node('api_key') ?? section.node('key');
    const isReported = node?.kind === 'scalar' && node.missing !== undefined;
    if (!isReported)
      context.findings.add('error', 'missing-key', item, 'this entry of user_api_key_list has no api_key');
    return undefined;
  }
  const modelsName = section.has('allowed_models') ? 'allowed_models' : 'models';
  const models = section.texts(modelsName) ?? [];
  const modelsNode = section.node(modelsName);
  const modelPlaces = models.map(
    (_, index) => (modelsNode?.kind === 'list' ? modelsNode.items[index] : modelsNode) ?? item,
  );
  const declared: DeclaredKey = {
    key,
    ...defined({
      alias: section.text('key_alias'),
      userId: section.text('user_id'),
      teamId: section.text('team_id'),
      organizationId: section.text('organization_id'),
    }),
    models,
    limits: readLimits(section, 'user_api_key_list[]', context),
    ...defined({ aliases: readAliases(section), allowedRoutes: section.texts('allowed_routes') }),
    keyType: KEY_TYPES.find((type) => type === section.text('key_type')) ?? 'default',
    ...defined({
      enforcedParams: section.texts('enforced_params'),
      expiresAtMs: momentMs(section.text('expires') ?? ''),
    }),
    blocked: section.flag('blocked') ?? false,
    metadata: readMetadata(section, context),
    position: positionOf(item),
  };
  return { key: declared, place: item, modelPlaces };
}

const KEY_TYPES = ['default', 'llm_api', 'management', 'read_only'] as const;

/** Names → model groups; what is no text names none. */
function readAliases(section: Section): Readonly<Record<string, string>> | undefined {
  const aliases = Object.entries(section.map('aliases') ?? {}).flatMap(([name, group]) =>
    typeof group === 'string' ? [[name, group] as const] : [],
  );
  return aliases.length === 0 ? undefined : Object.fromEntries(aliases);
}

/** The metadata as written, those members checked that act; the key's `tags` are kept there, as LiteLLM keeps them. */
function readMetadata(key: Section, context: ReadingContext): JsonObject {
  const node = key.node('metadata');
  const known = node?.kind === 'map' ? [...node.entries].filter(([name]) => KEY_METADATA.has(name)) : [];
  const acting = node?.kind === 'map' ? { ...node, entries: new Map(known) } : undefined;
  const section = new Section(acting, KEY_METADATA, { path: 'user_api_key_list[].metadata' }, context);
  const metadata: JsonObject = { ...key.map('metadata') };
  for (const name of section.names()) metadata[name] = section.json(name);
  const tags = [...(key.texts('tags') ?? []), ...(section.texts('tags') ?? [])];
  if (tags.length > 0) metadata.tags = [...new Set(tags)];
  return metadata;
}
