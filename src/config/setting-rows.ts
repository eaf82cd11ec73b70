/** Settings as rows: one says everything about a setting, and readers, types, messages and the reference follow from it. */
import type { JsonValue } from '../core/json.ts';
import type { ConfigNode } from './config-node.ts';
import type { ReadingContext } from './reading-context.ts';
import type { SettingType, ValueOf, WrittenOf } from './setting-types.ts';

/** Whether a setting acts: now, in a later release (accepted until then), or never, because its reason does not exist here. */
type Effect = 'now' | 'later' | 'never';

/** The known members of a setting that is a map, a list of maps, or a map from names to maps. */
export interface Members {
  readonly as: 'map' | 'list' | 'by-name';
  readonly rows: SettingRows;
  /** What a file may hold in place of one such map. */
  readonly or?: SettingType;
  /** Whether further members are allowed. */
  readonly isOpen?: boolean;
  /** Its name in the JSON Schema. */
  readonly id?: string;
}

/** How a reader is called for the value of a setting; it reports what is wrong among the context's findings. */
export type ReadNode<Value> = (node: ConfigNode, path: string, context: ReadingContext) => Value | undefined;

/** What a row may say beyond type, effect and words. */
interface RowOptions<Type extends SettingType = SettingType> {
  /** The field of the configuration that it sets (`routing.maxFallbacks`), or of the object that its map becomes. */
  readonly to?: string;
  /** What holds if it is left out, as a file would say it. */
  readonly default?: WrittenOf<Type>;
  /** What holds if it is left out, in words; `{}` in them is the default. */
  readonly otherwise?: string;
  /** The environment variable that gives the value if no file does. */
  readonly variable?: string;
  /** Whether it counts only if no other setting sets the same field. */
  readonly isWeak?: boolean;
  /** Makes the field's value from the setting's; undefined leaves the field out. */
  readonly convert?: (value: ValueOf<Type>) => unknown;
  /** Reads the field's value from the node. */
  readonly read?: ReadNode<unknown>;
  readonly members?: Members;
  /**
   * What a value of another type means, for values that LiteLLM takes and that do no harm: `as` counts in its place, or the
   * setting as left out; `because` follows its name in the warning.
   */
  readonly takes?: (value: JsonValue) => { readonly as?: WrittenOf<Type>; readonly because: string } | undefined;
  /** For a setting of a later release: whether this value asks for nothing that is not done already. */
  readonly holdsFor?: (value: unknown) => boolean;
  /**
   * For a setting that does not act: which values ask for a protection that requests would then not have. They stop the
   * start, unless `ignore_settings` names the setting.
   */
  readonly protects?: (value: unknown) => boolean;
  /** For a setting that acts: which of the words in this value do nothing yet. */
  readonly missingIn?: (value: unknown) => readonly string[];
}

/** One setting. */
export interface SettingRow extends Omit<RowOptions, 'convert' | 'default' | 'takes'> {
  readonly type: SettingType;
  readonly effect: Effect;
  /** What it does; for `never`, why it has no meaning here. */
  readonly doc: string;
  /** Who defines it. */
  readonly from: 'litellm' | 'guide' | 'sluice';
  readonly default?: unknown;
  readonly takes?: (value: JsonValue) => { readonly as?: unknown; readonly because: string } | undefined;
  readonly convert?: (value: never) => unknown;
}

/** The settings of one map, by name. */
export type SettingRows = Readonly<Record<string, SettingRow>>;

/** For maps from names to plain values. */
export const NO_ROWS: SettingRows = {};

/** The value that the program gets for a row. */
export type RowValue<Row> = Row extends { readonly read: ReadNode<infer Value> }
  ? Exclude<Value, undefined>
  : Row extends { readonly members: { readonly as: 'map'; readonly rows: infer Rows } }
    ? FieldsOf<Rows>
    : Row extends { readonly convert: (value: never) => infer Value }
      ? Exclude<Value, undefined>
      : Row extends { readonly type: infer Type }
        ? ValueOf<Type>
        : never;

type FieldOf<Row, Part extends string> = Row extends { readonly to: `${Part}${infer Field}` }
  ? Field extends `${string}.${string}`
    ? never
    : Field
  : never;

type FieldWithDefault<Row, Part extends string> = Row extends { readonly default: unknown }
  ? FieldOf<Row, Part>
  : never;
type FieldsWithDefault<Rows, Part extends string> = {
  [Name in keyof Rows]: FieldWithDefault<Rows[Name], Part>;
}[keyof Rows];

/** The fields of one part (`routing.`) that rows set: those with a default always have a value. */
export type FieldsOf<Rows, Part extends string = ''> = {
  readonly [Name in keyof Rows as FieldWithDefault<Rows[Name], Part>]: RowValue<Rows[Name]>;
} & {
  readonly [Name in keyof Rows as Exclude<FieldOf<Rows[Name], Part>, FieldsWithDefault<Rows, Part>>]?: RowValue<
    Rows[Name]
  >;
};

type Row<Type, Options> = Omit<SettingRow, 'type' | keyof Options> & { readonly type: Type } & Options;

/** Makes a row: the field that it sets and the default may follow the words, or whatever else there is to say. */
interface MakeRow {
  <const Type extends SettingType, const Options extends RowOptions<Type> = object>(
    type: Type,
    doc: string,
    options?: Options,
  ): Row<Type, Options>;
  <const Type extends SettingType, const To extends string>(
    type: Type,
    doc: string,
    to: To,
  ): Row<Type, { readonly to: To }>;
  <const Type extends SettingType, const To extends string, const Default extends WrittenOf<Type>>(
    type: Type,
    doc: string,
    to: To,
    fallback: Default,
  ): Row<Type, { readonly to: To; readonly default: Default }>;
}

const maker =
  (effect: Effect, from: SettingRow['from']): MakeRow =>
  (type: SettingType, doc: string, more?: string | object, fallback?: unknown) => {
    const options =
      typeof more === 'string' ? { to: more, ...(fallback !== undefined && { default: fallback }) } : more;
    return { type, effect, doc, from, ...options } as never;
  };

/** A setting of LiteLLM that acts. */
export const now: MakeRow = maker('now', 'litellm');
/** A setting of LiteLLM that a later release implements. */
export const later: MakeRow = maker('later', 'litellm');
/** A setting of LiteLLM whose reason does not exist here; its words say why. */
export const never: MakeRow = maker('never', 'litellm');
/** A setting of the LiteLLM gateway guide that acts. */
export const guideNow: MakeRow = maker('now', 'guide');
/** A setting of Sluice's own. */
export const own: MakeRow = maker('now', 'sluice');

/** Whether a value asks for anything: not false, nothing, or an empty list or map. */
export const asksForIt = (value: unknown): boolean =>
  value !== false && value !== null && value !== '' && !(typeof value === 'object' && Object.keys(value).length === 0);

/** A setting of LiteLLM that a later release implements, and that protects requests. */
export const protection = <const Type extends SettingType>(type: Type, doc: string) =>
  later(type, doc, { protects: asksForIt });

/** Many settings of one kind, named in a line. */
export const several = (names: string, of: (name: string) => SettingRow): object =>
  Object.fromEntries(
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, of(name)]),
  );

/** The row of a setting; undefined if the table does not know the name. */
export const rowOf = (rows: SettingRows, name: string): SettingRow | undefined =>
  Object.hasOwn(rows, name) ? rows[name] : undefined;

/** What holds if a setting is left out, in words; undefined if nothing is to be said. */
export function defaultInWords({ default: value, otherwise, variable }: SettingRow): string | undefined {
  const plain = typeof value === 'object' || value === undefined ? undefined : String(value);
  const words = otherwise?.replace('{}', plain ?? '') ?? plain;
  if (variable === undefined) return words;
  return words === undefined ? `\`${variable}\`` : `\`${variable}\`, else ${words}`;
}

/** Reasons why a setting has no meaning here: Python code … */
export const PYTHON = 'Names Python code, which this gateway does not run.';
/** … the database client … */
export const PRISMA = 'Tunes the Prisma database client, which is not used here.';
/** … the licence. */
export const ENTERPRISE = 'Everything is included; there is no licence to enter.';
