/** Readers of the routing settings that are maps by model group or by class of failure. */
import type { ErrorCode } from '../core/errors.ts';
import { readFallbackOn } from '../routing/fallback-chain.ts';
import { type ConfigNode, member, textOf } from './config-node.ts';
import { Section } from './section.ts';
import type { FieldsOf, ReadNode, SettingRows } from './setting-rows.ts';

/** Numbers by LiteLLM's exception class as the table of errors spells it: `RateLimitError`, `Timeout`. */
export type NumberByClass = Readonly<Record<string, number>>;

/** Alias → group. A hidden alias is served but not listed. */
export type Aliases = ReadonlyMap<string, { readonly group: string; readonly hidden: boolean }>;

/** Reads the numbers of a policy by class of failure; a class that it leaves out has none. */
export function policyOf(rows: SettingRows): ReadNode<NumberByClass> {
  return (node, path, context) => {
    if (node.kind !== 'map') return undefined;
    const section = new Section(node, rows, { path }, context);
    const numbers: Record<string, number> = {};
    for (const name of section.names()) numbers[classOfPolicyMember(name)] = Number(section.json(name));
    return numbers;
  };
}

/** The class that a member of a policy is about, by its name in the table of errors. */
function classOfPolicyMember(name: string): string {
  const className = name.replace(/(Retries|AllowedFails)$/, '');
  return className === 'TimeoutError' ? 'Timeout' : className;
}

/** What LiteLLM has in a map of the same name: settings, each with the groups that it is for. */
const LISTS_OF_GROUPS: ReadonlySet<string> = new Set(['forward_client_headers_to_llm_api']);

/** Reads a map from model groups to maps, each read by `read`. */
export function mapByGroup<Value>(read: ReadNode<Value>): ReadNode<ReadonlyMap<string, Value>> {
  return (node, path, context) => {
    const groups = new Map<string, Value>();
    const setting = lastName(path);
    for (const entry of node.kind === 'map' ? node.entries.values() : []) {
      if (setting === 'model_group_settings' && entry.value.kind === 'list' && LISTS_OF_GROUPS.has(entry.key)) {
        const message = `"${entry.key}" has no effect in ${path}: it belongs in litellm_settings.model_group_settings`;
        context.findings.add('warning', 'misplaced-key', entry, message);
        continue;
      }
      context.references.push({ group: entry.key, place: entry, from: setting });
      const message = `${setting} of "${entry.key}" must be a map`;
      if (entry.value.kind !== 'map') context.findings.add('error', 'wrong-type', entry.value, message);
      else groups.set(entry.key, read(entry.value, `${setting}{}`, context) as Value);
    }
    return groups;
  };
}

/** Reads a map whose members all have rows. */
export function fieldsOf<Rows extends SettingRows>(rows: Rows): ReadNode<FieldsOf<Rows>> {
  return (node, path, context) =>
    node.kind === 'map' ? new Section(node, rows, { path, unknown: 'refuse-typos' }, context).fields() : undefined;
}

/** Reads `routing_groups`; an entry that can change nothing is a warning. */
export function routingGroupsOf<Rows extends SettingRows>(rows: Rows): ReadNode<readonly NamedFields<Rows>[]> {
  return (node, _path, context) => {
    const groups: NamedFields<Rows>[] = [];
    for (const [index, item] of (node.kind === 'list' ? node.items : []).entries()) {
      if (item.kind !== 'map') {
        const message = 'an entry of routing_groups must be a map with models and routing_strategy';
        context.findings.add('error', 'wrong-type', item, message);
        continue;
      }
      const section = new Section(item, rows, { path: 'routing_groups[]', unknown: 'refuse-typos' }, context);
      const fields = { name: `routing_groups[${index}]`, ...section.fields() } as unknown as NamedFields<Rows>;
      if (fields.models.length === 0 || fields.strategy === undefined) {
        const lacks = fields.models.length === 0 ? 'no models' : 'no routing_strategy';
        const message = `the entry "${fields.name}" of routing_groups has ${lacks}, so it changes nothing`;
        context.findings.add('warning', 'missing-key', item, message);
      }
      const from = `the entry "${fields.name}" of routing_groups`;
      const places = section.placesIn('models', fields.models);
      for (const [each, group] of fields.models.entries())
        context.references.push({ group, place: places[each] ?? item, from });
      if (fields.strategy !== undefined) groups.push(fields);
    }
    return groups;
  };
}
type NamedFields<Rows> = FieldsOf<Rows> & {
  readonly name: string;
  readonly models: readonly string[];
  readonly strategy: string;
};

/** Reads a list of model groups; `*` in a name stands for anything. */
export const readGroupNames: ReadNode<readonly string[]> = (node, path, context) => {
  const items = node.kind === 'list' ? node.items : [node];
  return items.flatMap((item) => {
    const group = textOf(item);
    if (group !== undefined) context.references.push({ group, place: item, from: lastName(path) });
    return group ?? [];
  });
};

/** Reads `model_group_affinity_config`: group → the affinity checks that hold there. */
export const readGroupAffinity: ReadNode<ReadonlyMap<string, readonly string[]>> = (node, path, context) => {
  const groups = new Map<string, readonly string[]>();
  for (const entry of node.kind === 'map' ? node.entries.values() : []) {
    context.references.push({ group: entry.key, place: entry, from: lastName(path) });
    const items = entry.value.kind === 'list' ? entry.value.items : [entry.value];
    const checks = items.map(textOf).filter((check) => check !== undefined);
    if (checks.length !== items.length) {
      const message = `${lastName(path)} of "${entry.key}" must be a list of checks`;
      context.findings.add('error', 'wrong-type', entry.value, message);
    }
    groups.set(entry.key, checks);
  }
  return groups;
};

/** Reads `model_group_alias`: an alias names a group, or is a map with `model` and `hidden`. */
export const readAliases: ReadNode<Aliases> = (node: ConfigNode, _path, context) => {
  const aliases = new Map<string, { readonly group: string; readonly hidden: boolean }>();
  for (const entry of node.kind === 'map' ? node.entries.values() : []) {
    const group = textOf(entry.value) ?? textOf(member(entry.value, 'model'));
    const message = `the alias "${entry.key}" must name a model group, or be a map with "model" and "hidden"`;
    if (group === undefined) context.findings.add('error', 'wrong-type', entry.value, message);
    else aliases.set(entry.key, { group, hidden: textOf(member(entry.value, 'hidden'))?.toLowerCase() === 'true' });
  }
  return aliases;
};

/**
 * The failures that the words of `fallback_on` mean; undefined if there are none: then every failure that is not the client's. A
 * group in which nothing is left to ask falls back whatever the words are: it failed by one of them before.
 */
export function fallbackCodes(words: readonly string[]): ReadonlySet<ErrorCode> | undefined {
  if (words.length === 0) return undefined;
  return new Set<ErrorCode>([...readFallbackOn(words).codes, 'no_deployment_available']);
}

const lastName = (path: string): string => path.slice(path.lastIndexOf('.') + 1);
