/** The settings that a feature brings: its own rows, joined with the known ones when a file is read. */
import type { ReadingContext } from './reading-context.ts';
import { readFields, type Section } from './section.ts';
import { type FieldsOf, own, type SettingRows } from './setting-rows.ts';
import { TOP_LEVEL } from './settings/top-level.ts';

/** Rows by section. A section that no one else has is the feature's own, at the top level of the file. */
type FeatureRows = Readonly<Record<string, SettingRows>>;

/** The settings of a feature; the reader, the checks, the reference page and the schema take them from here. */
export interface FeatureSettings<Value = unknown> {
  /** The feature's name; its value is found by it in `config.features`. */
  readonly name: string;
  readonly rows: FeatureRows;
  /** What its own section is about, for the reference. */
  readonly about?: string;
  /** What the feature makes of its settings. */
  readonly read: (reading: FeatureReading<FeatureRows>) => Value;
}

/** What a feature reads its settings from. */
export interface FeatureReading<Rows> {
  /** The fields that its rows set, defaults filled in. */
  readonly fields: FeatureFields<Rows>;
  /** A section as it was read and checked: the feature's own, or one that it added rows to. */
  readonly section: <Name extends keyof Rows & string>(
    name: Name,
  ) => Rows[Name] extends SettingRows ? Section<Rows[Name]> : never;
  readonly context: ReadingContext;
}

type Intersection<Union> = (Union extends unknown ? (member: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;

/** The fields that the rows of a feature set, over all its sections. */
type FeatureFields<Rows> = Intersection<{ [Name in keyof Rows]: FieldsOf<Rows[Name]> }[keyof Rows]>;

/** The values of all features, by their names. */
export type FeatureValues = Readonly<Record<string, unknown>>;

/** Makes the settings of a feature: its value is the fields that its rows set, or what `read` makes of them. */
export function featureSettings<const Rows extends FeatureRows, Value = FeatureFields<Rows>>(settings: {
  readonly name: string;
  readonly rows: Rows;
  readonly about?: string;
  readonly read?: (reading: FeatureReading<Rows>) => Value;
}): FeatureSettings<Value> {
  const { read = ({ fields }: FeatureReading<Rows>) => fields } = settings;
  return { ...settings, read: read as unknown as FeatureSettings<Value>['read'] };
}

/** The top level of a file with the rows of features; what a feature says about a setting wins over a row of the gateway. */
export function topLevelWith(features: readonly FeatureSettings[]): typeof TOP_LEVEL {
  const joined: Record<string, SettingRows[string]> = { ...TOP_LEVEL };
  for (const { name, rows, about = '' } of features) {
    for (const [section, added] of Object.entries(rows)) {
      const known = joined[section] ?? own('map', about, { members: { as: 'map', rows: {} } });
      const members = known.members ?? { as: 'map', rows: {} };
      joined[section] = { ...known, members: { ...members, rows: { ...members.rows, ...placed(added, name) } } };
    }
  }
  return joined as unknown as typeof TOP_LEVEL;
}

/** The fields of a feature's rows are its own: `ttlMs` of the feature `answer-cache` is `features.answer-cache.ttlMs`. */
function placed(rows: SettingRows, feature: string): SettingRows {
  return Object.fromEntries(
    Object.entries(rows).map(([name, row]) => [
      name,
      row.to === undefined ? row : { ...row, to: `${partOf(feature)}${row.to}` },
    ]),
  );
}

const partOf = (feature: string): string => `features.${feature}.`;

/** What each feature makes of the sections that were read. */
export function featureValues(
  features: readonly FeatureSettings[],
  sections: ReadonlyMap<string, Section>,
  context: ReadingContext,
): FeatureValues {
  const values = features.map(({ name, rows, read }) => {
    const section = (wanted: string): Section => {
      const found = Object.hasOwn(rows, wanted) ? sections.get(wanted) : undefined;
      if (found === undefined) throw new RangeError(`the feature ${name} has no rows in the section ${wanted}`);
      return found;
    };
    const fields = readFields(partOf(name), [...sections.values()], context) as FeatureFields<FeatureRows>;
    return [name, read({ fields, section: section as never, context })] as const;
  });
  return Object.fromEntries(values);
}
