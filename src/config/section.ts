/** Reads one map of a configuration against the table of its settings: types checked, effects recorded, typos named. */
import type { JsonValue } from '../core/json.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { type PicoUsd, picoUsdFromUsd } from '../core/money.ts';
import { type ConfigNode, type MapEntry, type MapNode, type Place, positionOf, textOf, toJson } from './config-node.ts';
import { didYouMean, type Suggestion } from './did-you-mean.ts';
import { budgetPeriod } from './durations.ts';
import { describeValue, type Findings } from './finding.ts';
import type { NotYetInEffect } from './gateway-config.ts';
import type { Setting, SettingTable, SettingType } from './known-settings.ts';
import { shapeOf, wordsFor, wordsOf } from './schema.ts';

/** What reading the sections of one configuration shares. */
export class ReadingContext {
  readonly findings: Findings;
  readonly #suggestions = new Map<SettingTable, Map<string, Suggestion | undefined>>();
  readonly #later = new Map<string, { readonly place: Place; count: number }>();

  constructor(findings: Findings) {
    this.findings = findings;
  }

  /** The setting that was probably meant; remembered, since thousands of deployments may carry the same field. */
  suggest(written: string, table: SettingTable): Suggestion | undefined {
    const known = this.#suggestions.get(table) ?? new Map<string, Suggestion | undefined>();
    this.#suggestions.set(table, known);
    if (!known.has(written)) known.set(written, didYouMean(written, table.keys()));
    return known.get(written);
  }

  /** Remembers a setting that does nothing yet: once per name, however many deployments carry it. */
  recordLater(path: string, place: Place): void {
    const known = this.#later.get(path);
    if (known === undefined) this.#later.set(path, { place, count: 1 });
    else known.count += 1;
  }

  /** One note for each such setting, and the list of them. */
  reportLater(): readonly NotYetInEffect[] {
    return [...this.#later].map(([path, { place, count }]) => {
      const more = count === 1 ? '' : ` (here and in ${count - 1} more places)`;
      this.findings.add('note', 'not-yet-in-effect', place, `${path} is accepted but not yet in effect${more}`);
      return { path, position: positionOf(place) };
    });
  }
}

/** How unknown members are taken: as a mistake, as likely typos that matter, or as part of an open map. */
export type UnknownMembers = 'warn' | 'refuse-typos' | 'keep';

/** Which section is read, and how. */
export interface SectionOptions {
  /** As messages name it: `router_settings`, `model_list[].litellm_params`. */
  readonly path: string;
  readonly unknown?: UnknownMembers;
  /** Further words that are fine in an open map and no typos. */
  readonly fine?: ReadonlySet<string>;
  /** What needs an unset variable, for the message: `deployment "gpt-4o"`. */
  readonly owner?: string;
  /** How bad an unset variable is, by member; a warning unless said otherwise. */
  readonly unsetIsError?: (name: string) => boolean;
  /** Whether the section as a whole has been reported as not yet in effect: then its members are not, one by one. */
  readonly isReported?: boolean;
}

/** A section whose values have been checked; asking for one that was absent or wrong gives undefined. */
export class Section {
  readonly #values = new Map<string, unknown>();
  readonly #entries: ReadonlyMap<string, MapEntry>;
  /** Members that no table knows, as written. */
  readonly unknown: JsonObject = {};
  readonly place: Place | undefined;

  constructor(node: MapNode | undefined, table: SettingTable, options: SectionOptions, context: ReadingContext) {
    this.place = node;
    this.#entries = node?.entries ?? new Map();
    for (const entry of this.#entries.values()) this.#read(entry, table, options, context);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** An amount of USD, exactly. */
  usd(name: string): PicoUsd | undefined {
    const value = this.#values.get(name);
    return typeof value === 'number' || typeof value === 'string' ? picoUsdFromUsd(value) : undefined;
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  number(name: string): number | undefined {
    const value = this.#values.get(name);
    return typeof value === 'number' ? value : undefined;
  }

  /** A budget period as LiteLLM writes it. */
  period(name: string): string | undefined {
    return budgetPeriod(this.text(name));
  }

  milliseconds(name: string): number | undefined {
    const seconds = this.number(name);
    return seconds === undefined ? undefined : Math.round(seconds * 1000);
  }

  flag(name: string): boolean | undefined {
    const value = this.#values.get(name);
    return typeof value === 'boolean' ? value : undefined;
  }

  texts(name: string): readonly string[] | undefined {
    const value = this.#values.get(name);
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined;
  }

  map(name: string): JsonObject | undefined {
    const value = this.json(name);
    return isJsonObject(value) ? value : undefined;
  }

  /** The checked value as JSON, whatever its type. */
  json(name: string): JsonValue | undefined {
    const value = this.#values.get(name);
    return value instanceof Structure ? toJson(value.node) : (value as JsonValue | undefined);
  }

  /** The names of all settings that were read. */
  names(): Iterable<string> {
    return this.#values.keys();
  }

  /** The node of a member, for what needs more than its value. */
  node(name: string): ConfigNode | undefined {
    return this.#entries.get(name)?.value;
  }

  /** Where a member's value stands. */
  placeOf(name: string): Place | undefined {
    return this.#entries.get(name)?.value ?? this.place;
  }

  #read(entry: MapEntry, table: SettingTable, options: SectionOptions, context: ReadingContext): void {
    const setting = table.get(entry.key);
    if (setting === undefined) {
      this.#readUnknown(entry, table, options, context);
      return;
    }
    const node = entry.value;
    if (node.kind === 'scalar' && node.value === null) {
      if (node.missing !== undefined) reportUnset(entry, node.missing, setting.type === 'secret', options, context);
      return;
    }
    const result = check(setting.type, node);
    if (result === WRONG) {
      reportWrong(entry, setting.type, options, context);
      return;
    }
    if (setting.type === 'secret') warnAboutLiteral(entry, options, context);
    if (setting.effect === 'later' && options.isReported !== true && !holds(setting, result))
      context.recordLater(pathOf(options.path, entry.key), entry);
    for (const word of setting.missingIn?.(plainOf(result)) ?? [])
      context.recordLater(`${pathOf(options.path, entry.key)}: ${word}`, entry);
    if (setting.effect === 'never') {
      const message = `${pathOf(options.path, entry.key)} has no meaning here: ${setting.text}`;
      context.findings.add('note', 'no-meaning-here', entry, message);
    }
    this.#values.set(entry.key, result);
  }

  #readUnknown(entry: MapEntry, table: SettingTable, options: SectionOptions, context: ReadingContext): void {
    const mode = options.unknown ?? 'warn';
    if (mode === 'keep') this.unknown[entry.key] = toJson(entry.value);
    if (options.fine?.has(entry.key) === true) return;
    const suggestion = context.suggest(entry.key, table);
    if (mode === 'keep') {
      if (suggestion === undefined || suggestion.distance > 2) return;
      const message = `${options.path} has no setting "${entry.key}"; it is kept as a field of its own`;
      context.findings.add('warning', 'unknown-key', entry, message, suggestion.word);
      return;
    }
    // Settings come and go in LiteLLM: a name far from every known one is ignored aloud. A near miss is a typo, and where it would
    // silently widen what a key may do, or empty a whole section, the start has to stop.
    const isTypo = suggestion !== undefined && (mode === 'refuse-typos' || suggestion.distance <= 1);
    const where = options.path === '' ? '' : ` in ${options.path}`;
    const ignored = suggestion === undefined ? '; it is ignored' : '';
    const message = `unknown key "${entry.key}"${where}${ignored}`;
    context.findings.add(isTypo ? 'error' : 'warning', 'unknown-key', entry, message, suggestion?.word);
  }
}

/** One error for a value of a wrong type; where it is a list of words, one for each that is wrong. */
function reportWrong(entry: MapEntry, type: SettingType, options: SectionOptions, context: ReadingContext): void {
  const path = pathOf(options.path, entry.key);
  const words = wordsOf(type);
  const isEach = typeof type !== 'string' && 'eachOf' in type && entry.value.kind === 'list';
  for (const node of isEach && entry.value.kind === 'list' ? entry.value.items : [entry.value]) {
    const written = textOf(node)?.trim();
    if (isEach && node.kind === 'scalar' && (node.value === null || words?.includes(written ?? '') === true)) continue;
    const found = describeValue(node, type === 'secret');
    const wanted = isEach ? `hold only ${(words ?? []).map((word) => `"${word}"`).join(', ')}` : `be ${wordsFor(type)}`;
    const message = `${path} must ${wanted}, but ${isEach ? 'holds' : 'is'} ${found}`;
    const suggestion = words === undefined || written === undefined ? undefined : didYouMean(written, words);
    context.findings.add('error', 'wrong-type', node, message, suggestion?.word);
  }
}

function plainOf(result: unknown): unknown {
  return result instanceof Structure ? toJson(result.node) : result;
}

/** Whether the value asks for nothing that is not done already. */
function holds(setting: Setting, result: unknown): boolean {
  const value = plainOf(result);
  return setting.holdsFor?.(value) === true || (value === false && setting.fallback === 'false');
}

function pathOf(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** A list, a map or anything at all, made into JSON only when somebody asks: a long `model_list` is read from its nodes. */
class Structure {
  readonly node: ConfigNode;
  constructor(node: ConfigNode) {
    this.node = node;
  }
}

const WRONG = Symbol('wrong type');

/** The checked value of a node, or WRONG. */
function check(type: SettingType, node: ConfigNode): unknown {
  if (type === 'list' || type === 'map') return node.kind === type ? new Structure(node) : WRONG;
  if (type === 'groups') return node.kind === 'scalar' ? WRONG : new Structure(node);
  if (type === 'any') return new Structure(node);
  const value = plainValue(type, node);
  // Most values are texts where a text is wanted; the schema has nothing to add there.
  if ((type === 'text' || type === 'secret') && typeof value === 'string') return value;
  const result = shapeOf(type).safeParse(value);
  return result.success ? result.data : WRONG;
}

/** Types whose values count as they are spelled: `007`, `2030`. */
const WRITTEN: ReadonlySet<SettingType> = new Set(['text', 'secret', 'period', 'duration', 'zone', 'moment']);

function plainValue(type: SettingType, node: ConfigNode): unknown {
  if (type === 'texts' || (typeof type !== 'string' && 'eachOf' in type)) {
    if (node.kind === 'scalar') return textOf(node);
    if (node.kind !== 'list') return toJson(node);
    return node.items
      .filter((item) => item.kind !== 'scalar' || item.value !== null)
      .map((item) => textOf(item) ?? toJson(item));
  }
  if (WRITTEN.has(type) || typeof type !== 'string') return textOf(node) ?? toJson(node);
  return toJson(node);
}

/** What to do about an unset variable that holds a secret, where it is more than setting it. A default would be a secret in plain text. */
const REMEDIES: Readonly<Record<string, string>> = {
  master_key: 'set it, or remove the line to have a key made at the first start',
};
const DEFAULT_HINT = `set it, or give a default with \${NAME:-default}`;

function reportUnset(
  entry: MapEntry,
  missing: readonly string[],
  isSecret: boolean,
  options: SectionOptions,
  context: ReadingContext,
): void {
  const isError = options.unsetIsError?.(entry.key) === true;
  const names = missing.map((name) => `"${name}"`).join(', ');
  const owner = options.owner === undefined ? '' : ` of ${options.owner}`;
  const remedy = isSecret ? (REMEDIES[entry.key] ?? 'set it') : DEFAULT_HINT;
  const message = `the variable ${names} is not set, but ${options.path}.${entry.key}${owner} needs it; ${remedy}`;
  context.findings.add(isError ? 'error' : 'warning', 'unset-variable', entry.value, message);
}

function warnAboutLiteral(entry: MapEntry, options: SectionOptions, context: ReadingContext): void {
  const node = entry.value;
  if (node.kind !== 'scalar' || node.fromVariable === true || !looksSecret(textOf(node) ?? '')) return;
  const variable = `${entry.key.toUpperCase()}`;
  const message = `${options.path}.${entry.key} is written in plain text; keep it in the environment and write "\${${variable}}" here`;
  context.findings.add('warning', 'secret-in-plain-text', node, message);
}

/** Placeholders that local servers are given where a key is asked for but not checked. */
const NO_SECRETS = new Set([
  '',
  'none',
  'null',
  'empty',
  'no-key',
  'not-needed',
  'dummy',
  'fake',
  'fake-key',
  'anything',
  'na',
  'n/a',
]);

function looksSecret(value: string): boolean {
  return !NO_SECRETS.has(value.toLowerCase());
}
