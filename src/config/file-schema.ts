/** The zod schema of a configuration file as people write it: what editors use. */
import { z } from 'zod';
import { defaultInWords, type Members, NO_ROWS, type SettingRow, type SettingRows } from './setting-rows.ts';
import { writtenShapeOf } from './setting-types.ts';

const EFFECT_WORDS = { now: '', later: ' (Not yet in effect.)', never: ' (No meaning here.)' } as const;

/** The schema of a whole file by the rows of its top level; references to variables are allowed. */
export function configFileSchema(topLevel: SettingRows): z.ZodType {
  const named = new Map<string, z.ZodType>();
  const mapOf = ({ rows, isOpen, id }: Members): z.ZodType => {
    const known = id === undefined ? undefined : named.get(id);
    if (known !== undefined) return known;
    const members: Record<string, z.ZodType> = {};
    for (const [name, row] of Object.entries(rows)) members[name] = described(row);
    const made = isOpen === true ? z.looseObject(members) : z.strictObject(members);
    if (id === undefined) return made;
    const withId = made.meta({ id });
    named.set(id, withId);
    return withId;
  };
  const described = (row: SettingRow): z.ZodType => {
    const words = defaultInWords(row);
    const fallback = words === undefined ? '' : ` Default: ${words}.`;
    const shape = row.members === undefined ? writtenShapeOf(row.type) : withMembers(row.members);
    return shape.nullable().optional().describe(`${row.doc}${fallback}${EFFECT_WORDS[row.effect]}`);
  };
  const withMembers = (members: Members): z.ZodType => {
    if (members.as === 'by-name' && members.rows === NO_ROWS)
      return z.record(z.string(), writtenShapeOf(members.or ?? 'any'));
    const map = mapOf(members);
    if (members.as === 'list') return z.array(map);
    if (members.or === undefined) return members.as === 'map' ? map : z.record(z.string(), map);
    const other = writtenShapeOf(members.or);
    if (members.as === 'by-name') return z.record(z.string(), z.union([map, other]));
    return z.union([...(other as z.ZodUnion<[z.ZodType, z.ZodType]>).options, map]);
  };
  return mapOf({ as: 'map', rows: topLevel });
}
