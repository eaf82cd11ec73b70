/** Reads one map of a configuration by the rows of its settings: types checked, effects recorded, typos named. */
import { type JsonObject, type JsonValue, setMember } from '../core/json.ts';
import { type ConfigNode, type MapEntry, type MapNode, type Place, textOf, toJson } from './config-node.ts';
import { didYouMean, type Suggestion } from './did-you-mean.ts';
import { describeValue } from './finding.ts';
import type { ReadingContext } from './reading-context.ts';
import { type FieldsOf, type RowValue, rowOf, type SettingRow, type SettingRows } from './setting-rows.ts';
import { programValueOf, type SettingType, shapeOf, wordsFor, wordsOf } from './setting-types.ts';

/** How a section is read. */
export interface SectionOptions {
  /** As messages name it: `router_settings`, `model_list[].litellm_params`. */
  readonly path: string;
  /** The part of the configuration whose fields its rows set without saying so: `routing.`. */
  readonly part?: string;
  /** What unknown members are: a mistake, typos that stop the start, or fields of an open map. A mistake unless said otherwise. */
  readonly unknown?: 'warn' | 'refuse-typos' | 'keep';
  /** Further names that are known in an open map. */
  readonly fine?: ReadonlySet<string>;
  /** What needs an unset variable, for the message: `deployment "gpt-4o"`. */
  readonly owner?: string;
  /** Whether an unset variable is an error, by member; a warning unless said otherwise. */
  readonly unsetIsError?: (name: string) => boolean;
  /** Whether the section as a whole has been reported as not yet in effect: then its members are not, one by one. */
  readonly isReported?: boolean;
  /** Whether the same nodes have been checked under other names: what is wrong with them has been reported then. */
  readonly isChecked?: boolean;
}

/** A section whose values have been checked; a setting that was absent or wrong has no value. */
export class Section<Rows extends SettingRows = SettingRows> {
  readonly rows: Rows;
  readonly path: string;
  readonly part: string;
  readonly context: ReadingContext;
  readonly place: Place | undefined;
  /** Members that no row knows, as written. */
  readonly unknown: JsonObject = {};
  readonly #values = new Map<string, unknown>();
  readonly #entries: ReadonlyMap<string, MapEntry>;

  constructor(node: MapNode | undefined, rows: Rows, options: SectionOptions, context: ReadingContext) {
    this.rows = rows;
    this.path = options.path;
    this.part = options.part ?? '';
    this.context = context;
    this.place = node;
    this.#entries = node?.entries ?? new Map();
    for (const entry of this.#entries.values()) this.#check(entry, options);
  }

  has(name: keyof Rows & string): boolean {
    return this.#values.has(name);
  }

  /** The value of a setting as the program wants it; undefined if the file does not say it. */
  get<Name extends keyof Rows & string>(name: Name): RowValue<Rows[Name]> | undefined {
    const row = this.rows[name];
    return row === undefined ? undefined : (this.read(name, row) as RowValue<Rows[Name]> | undefined);
  }

  /** The same, with the row's variable and default for what the file does not say. */
  effective<Name extends keyof Rows & string>(name: Name): RowValue<Rows[Name]> | undefined {
    const row = this.rows[name];
    if (row === undefined) return undefined;
    return (this.read(name, row) ?? valueLeftOut(row, this.context)) as RowValue<Rows[Name]> | undefined;
  }

  /** All fields that the rows of the section set, or those of one part. */
  fields<Part extends string = ''>(part = this.part as Part): FieldsOf<Rows, Part> {
    return readFields(part, [this], this.context) as FieldsOf<Rows, Part>;
  }

  /** The value by a row that need not be known by its name. */
  read(name: string, row: SettingRow): unknown {
    if (!this.#values.has(name)) return undefined;
    const node = this.#entries.get(name)?.value as ConfigNode;
    const path = pathOf(this.path, name);
    if (row.read !== undefined) return row.read(node, path, this.context);
    if (row.members?.as === 'map' && node.kind === 'map') {
      const unknown = row.members.isOpen === true ? 'keep' : 'refuse-typos';
      return new Section(node, row.members.rows, { path, unknown }, this.context).fields();
    }
    return converted(row, this.json(name));
  }

  /** The checked value as JSON, whatever its type. */
  json(name: string): JsonValue | undefined {
    return plainOf(this.#values.get(name)) as JsonValue | undefined;
  }

  /** The names of all settings that have a value. */
  names(): Iterable<string> {
    return this.#values.keys();
  }

  /** The node of a member, for what needs more than its value. */
  node(name: string): ConfigNode | undefined {
    return this.#entries.get(name)?.value;
  }

  /** The node of a member if it is a map. */
  map(name: string): MapNode | undefined {
    const node = this.node(name);
    return node?.kind === 'map' ? node : undefined;
  }

  /** The places of a list's items, in the order of `texts`. */
  placesIn(name: string, texts: readonly string[]): readonly Place[] {
    const node = this.node(name);
    const items = node?.kind === 'list' ? node.items : [];
    return texts.map((_, index) => items[index] ?? node ?? (this.place as Place));
  }

  /** Where a member's value is. */
  placeOf(name: string): Place | undefined {
    return this.#entries.get(name)?.value ?? this.place;
  }

  /** Whether a member names a variable that is not set: then that has been reported already. */
  isUnset(name: string): boolean {
    const node = this.node(name);
    return node?.kind === 'scalar' && node.missing !== undefined;
  }

  #check(entry: MapEntry, options: SectionOptions): void {
    const { context, path } = this;
    const row = rowOf(this.rows, entry.key);
    if (row === undefined) {
      this.#readUnknown(entry, options);
      return;
    }
    const node = entry.value;
    if (node.kind === 'scalar' && node.value === null) {
      if (node.missing !== undefined && options.isChecked !== true)
        reportUnset(entry, node.missing, row.type === 'secret', options, context);
      return;
    }
    const result = check(row.type, node);
    if (options.isChecked === true) {
      if (result !== WRONG) this.#values.set(entry.key, result);
      return;
    }
    if (result === WRONG) {
      const taken = row.takes?.(toJson(node));
      if (taken === undefined) reportWrong(entry, row.type, path, context);
      else {
        context.findings.add('warning', 'wrong-type', node, `${pathOf(path, entry.key)} ${taken.because}`);
        if (taken.as !== undefined) this.#values.set(entry.key, taken.as);
      }
      return;
    }
    if (row.type === 'secret') warnAboutLiteral(entry, path, context);
    if (row.effect === 'later' && options.isReported !== true && !holds(row, result))
      context.recordLater(pathOf(path, entry.key), entry);
    if (row.protects?.(plainOf(result)) === true && !holds(row, result))
      context.recordUnprotected(pathOf(path, entry.key), entry.key, entry);
    for (const word of row.missingIn?.(plainOf(result)) ?? [])
      context.recordLater(`${pathOf(path, entry.key)}: ${word}`, entry);
    if (row.effect === 'never') {
      const message = `${pathOf(path, entry.key)} has no meaning here: ${row.doc}`;
      context.findings.add('note', 'no-meaning-here', entry, message);
    }
    this.#values.set(entry.key, result);
  }

  #readUnknown(entry: MapEntry, { unknown: mode = 'warn', fine }: SectionOptions): void {
    const { context, path } = this;
    const isFine = fine?.has(entry.key) === true;
    const homes = mode === 'keep' ? [] : context.homesOf(entry.key, path);
    if (homes.length > 0) {
      const where = path === '' ? 'at the top level' : `in ${path}`;
      const message = `"${entry.key}" has no effect ${where}: it belongs in ${homes.join(' or ')}`;
      context.findings.add('warning', 'misplaced-key', entry, message);
      return;
    }
    const suggestion = isFine ? undefined : context.suggest(entry.key, this.rows);
    if (!isFine && holdsSecret(entry.key, suggestion, mode, this.rows)) {
      // In an open map it would be sent to the provider as a field of the request.
      const message = `unknown key "${entry.key}"${path === '' ? '' : ` in ${path}`}, which seems to hold a secret: write the name of a setting`;
      context.findings.add('error', 'unknown-key', entry, message, suggestion?.word);
      return;
    }
    if (mode === 'keep') setMember(this.unknown, entry.key, toJson(entry.value));
    if (isFine) return;
    if (mode === 'keep') {
      if (suggestion === undefined || suggestion.distance > 2) return;
      const message = `${path} has no setting "${entry.key}"; it is kept as a field of its own`;
      context.findings.add('warning', 'unknown-key', entry, message, suggestion.word);
      return;
    }
    // Settings come and go in LiteLLM: a name far from every known one is ignored with a warning. A near miss is a typo, and if it
    // would silently widen what a key may do, or empty a whole section, the start has to stop.
    const isTypo = suggestion !== undefined && (mode === 'refuse-typos' || suggestion.distance <= 1);
    const where = path === '' ? '' : ` in ${path}`;
    const ignored = suggestion === undefined ? '; it is ignored' : '';
    const message = `unknown key "${entry.key}"${where}${ignored}`;
    context.findings.add(isTypo ? 'error' : 'warning', 'unknown-key', entry, message, suggestion?.word);
  }
}

/**
 * The fields of one part (`routing.`) by the rows of some sections: the first section that sets a field wins, a weak row comes
 * last, then the row's variable and its default.
 */
export function readFields(
  part: string,
  sections: readonly Pick<Section, 'rows' | 'part' | 'read'>[],
  context: ReadingContext,
): object {
  const fields: Record<string, unknown> = {};
  const set = (field: string, read: () => unknown): void => {
    if (fields[field] !== undefined) return;
    const value = read();
    if (value !== undefined) fields[field] = value;
  };
  const rows = sections.map(
    (section) => [section, rowsOfPart(section.rows, section.part === part ? '' : part)] as const,
  );
  for (const isWeak of [false, true]) {
    for (const [section, ofPart] of rows) {
      for (const { name, field, row } of ofPart)
        if ((row.isWeak === true) === isWeak) set(field, () => section.read(name, row));
    }
  }
  for (const [, ofPart] of rows) {
    for (const { field, row } of ofPart) set(field, () => valueLeftOut(row, context));
  }
  return fields;
}

interface PartRow {
  readonly name: string;
  readonly field: string;
  readonly row: SettingRow;
}

/** The rows of a part by table and part: thousands of deployments are read by the same table. */
const partRows = new WeakMap<SettingRows, Map<string, readonly PartRow[]>>();

function rowsOfPart(rows: SettingRows, part: string): readonly PartRow[] {
  const byPart = partRows.get(rows) ?? new Map<string, readonly PartRow[]>();
  partRows.set(rows, byPart);
  const known = byPart.get(part);
  if (known !== undefined) return known;
  const made = Object.entries(rows).flatMap(([name, row]) => {
    const field = row.to?.startsWith(part) === true ? row.to.slice(part.length) : '.';
    return field.includes('.') ? [] : [{ name, field, row }];
  });
  byPart.set(part, made);
  return made;
}

/** What holds for a setting that no file says. */
function valueLeftOut(row: SettingRow, context: ReadingContext): unknown {
  const variable = row.variable === undefined ? undefined : context.variable(row.variable);
  const word = typeof row.type === 'string' ? variable : variable?.toLowerCase();
  const given = word === undefined ? undefined : shapeOf(row.type).safeParse(word);
  if (given?.success === true) return converted(row, given.data);
  if (row.default === undefined || row.read !== undefined) return row.default;
  if (row.members?.as === 'map') return new Section(undefined, row.members.rows, { path: '' }, context).fields();
  return converted(row, row.default);
}

function converted(row: SettingRow, checked: unknown): unknown {
  const value = programValueOf(row.type, checked);
  return row.convert === undefined || value === undefined ? value : row.convert(value as never);
}

/** One error for a value of a wrong type; for a list of words, one for each that is wrong. */
function reportWrong(entry: MapEntry, type: SettingType, path: string, context: ReadingContext): void {
  const words = wordsOf(type);
  const isEach = typeof type !== 'string' && 'eachOf' in type && entry.value.kind === 'list';
  for (const node of isEach && entry.value.kind === 'list' ? entry.value.items : [entry.value]) {
    const written = textOf(node)?.trim();
    if (isEach && node.kind === 'scalar' && (node.value === null || words?.includes(written ?? '') === true)) continue;
    const found = describeValue(node, type === 'secret');
    const wanted = isEach ? `hold only ${(words ?? []).map((word) => `"${word}"`).join(', ')}` : `be ${wordsFor(type)}`;
    const message = `${pathOf(path, entry.key)} must ${wanted}, but ${isEach ? 'holds' : 'is'} ${found}`;
    const suggestion = words === undefined || written === undefined ? undefined : didYouMean(written, words);
    context.findings.add('error', 'wrong-type', node, message, suggestion?.word);
  }
}

/** Names by which secrets go, whatever the setting. */
const SECRET_NAME =
  /api[-_]?key|access[-_]?key|private[-_]?key|master[-_]?key|secret|passw(?:or)?d|credential|authori[sz]ation|bearer|(?:^|[-_])token$/i;
const NEAR = 2;

/** Whether an unknown name is close to that of a setting that holds a secret, or says by itself that it holds one. */
function holdsSecret(
  name: string,
  suggestion: Suggestion | undefined,
  mode: SectionOptions['unknown'],
  rows: SettingRows,
): boolean {
  if (mode === 'keep' && SECRET_NAME.test(name)) return true;
  return suggestion !== undefined && suggestion.distance <= NEAR && rowOf(rows, suggestion.word)?.type === 'secret';
}

function plainOf(result: unknown): unknown {
  return result instanceof Structure ? toJson(result.node) : result;
}

/** Whether the value asks for nothing that is not done already. */
function holds(row: SettingRow, result: unknown): boolean {
  const value = plainOf(result);
  return row.holdsFor?.(value) === true || (value === false && row.default === false);
}

function pathOf(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** A list, a map or anything at all, made into JSON only on demand: a long `model_list` is read from its nodes. */
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
  // Most values are texts if a text is wanted; the schema has nothing to add to them.
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

/** What to do about an unset variable that holds a secret, if it is more than setting it. A default would be a secret in plain text. */
const REMEDIES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    master_key: 'set it, or remove the line to have a key made at the first start',
  }),
);
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
  const remedy = isSecret ? (REMEDIES.get(entry.key) ?? 'set it') : DEFAULT_HINT;
  const message = `the variable ${names} is not set, but ${options.path}.${entry.key}${owner} needs it; ${remedy}`;
  context.findings.add(isError ? 'error' : 'warning', 'unset-variable', entry.value, message);
}

/** Placeholders for local servers that ask for a key and do not check it. */
const NO_SECRETS = /^(|none|null|empty|no-key|not-needed|dummy|fake|fake-key|anything|na|n\/a)$/i;

function warnAboutLiteral(entry: MapEntry, path: string, context: ReadingContext): void {
  const node = entry.value;
  if (node.kind !== 'scalar' || node.fromVariable === true || NO_SECRETS.test(textOf(node) ?? '')) return;
  const message = `${path}.${entry.key} is written in plain text; keep it in the environment and write "\${${entry.key.toUpperCase()}}" here`;
  context.findings.add('warning', 'secret-in-plain-text', node, message);
}
