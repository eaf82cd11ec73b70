/** What is said of a setting, and short ways to say it. */

/**
 * What may stand as a value. `seconds` and `usd` are numbers; a `period` is a budget's (`1mo`), a `duration` a length of time
 * (`30d`), a `zone` a time zone's IANA name, a `moment` a date or a date and time; `texts` is a list of texts or a single one; `groups` a map from a
 * model group to others, or a list of such maps; a list of words is a choice, `eachOf` a list whose items are one.
 */
export type SettingType =
  | 'text'
  | 'secret'
  | 'flag'
  | 'integer'
  | 'count'
  | 'number'
  | 'seconds'
  | 'usd'
  | 'port'
  | 'ratio'
  | 'period'
  | 'duration'
  | 'zone'
  | 'moment'
  | 'texts'
  | 'list'
  | 'map'
  | 'groups'
  | 'any'
  | readonly [string, ...string[]]
  | { readonly eachOf: readonly [string, ...string[]] };

/** Whether a setting acts: now, in a later release (accepted until then), or never, because its reason does not exist here. */
export type Effect = 'now' | 'later' | 'never';

/** One setting. */
export interface Setting {
  readonly type: SettingType;
  readonly effect: Effect;
  /** What it does; for `never`, why it has no meaning here. Becomes the reference page. */
  readonly text: string;
  /** The documented default, in words. */
  readonly fallback?: string;
  /** For a setting of `later`: whether this value already describes what is done, so that nothing is missing. */
  readonly holdsFor?: (value: unknown) => boolean;
  /** For a setting that acts: which of the words in this value do nothing yet. */
  readonly missingIn?: (value: unknown) => readonly string[];
  /** Who defines it. */
  readonly from: 'litellm' | 'guide' | 'sluice';
}

/** The settings of one section, by name. */
export type SettingTable = ReadonlyMap<string, Setting>;

type Row = Setting;
const row = (effect: Effect, from: Row['from'], type: SettingType, text: string, fallback?: string): Row => ({
  type,
  effect,
  text,
  from,
  ...(fallback === undefined ? {} : { fallback }),
});
/** A setting of LiteLLM that acts. */
export const now = (type: SettingType, text: string, fallback?: string): Row =>
  row('now', 'litellm', type, text, fallback);
/** A setting of LiteLLM that a later release implements. */
export const later = (type: SettingType, text: string, fallback?: string): Row =>
  row('later', 'litellm', type, text, fallback);
/** A setting of LiteLLM whose reason does not exist here. */
export const never = (type: SettingType, why: string): Row => row('never', 'litellm', type, why);
/** A setting of the guide that acts. */
export const guideNow = (type: SettingType, text: string, fallback?: string): Row =>
  row('now', 'guide', type, text, fallback);
/** A setting of the guide that a later release implements. */
export const guideLater = (type: SettingType, text: string): Row => row('later', 'guide', type, text);
/** A setting of ours. */
export const own = (type: SettingType, text: string, fallback?: string): Row =>
  row('now', 'sluice', type, text, fallback);
/** A setting that acts, with words among its values that do nothing yet. */
export const nowExcept = (missingIn: (value: unknown) => readonly string[], setting: Row): Row => ({
  ...setting,
  missingIn,
});
/** A setting of a later release that is already as these values want it. */
export const laterUnless = (holdsFor: (value: unknown) => boolean, setting: Row): Row => ({ ...setting, holdsFor });
/** A table from its rows. */
export const table = (rows: Record<string, Row>): SettingTable => new Map(Object.entries(rows));
/** Many settings of one kind, named in a line. */
export const several = (names: string, of: (name: string) => Row): Record<string, Row> =>
  Object.fromEntries(
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, of(name)]),
  );

/** Reasons why a setting has no meaning here. */
export const PYTHON = 'Names Python code, which this gateway does not run.';
/** … of the database client. */
export const PRISMA = 'Tunes the Prisma database client, which is not used here.';
/** … of the licence. */
export const ENTERPRISE = 'Everything is included; there is no licence to enter.';
