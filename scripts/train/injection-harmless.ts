/** Harmless texts that look like attacks to who counts words. */
import type { Random } from './random.ts';
import { familyOf, filled, readTemplates } from './templates.ts';

const HARMLESS = readTemplates('harmless');
/** What is packed in some of them. */
const PLAIN = familyOf(HARMLESS, 'plain');

/** The families of harmless texts. */
export const HARMLESS_FAMILIES: readonly string[] = [...HARMLESS.families.keys()].filter((name) => name !== 'plain');

/** A harmless text of a family. */
export function harmlessOf(family: string, random: Random): string {
  const plain = Buffer.from(random.pick(PLAIN));
  const packed = [
    ['blob', [plain.toString('base64')]],
    ['hexed', [plain.toString('hex')]],
  ] as const;
  const text = filled(random.pick(familyOf(HARMLESS, family)), new Map([...HARMLESS.words, ...packed]), random);
  return random.chance(0.7) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}
