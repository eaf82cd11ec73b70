/** Texts for moderation, made from templates, with the categories that each family has. */
import type { Random } from './random.ts';
import { familyOf, filled, readTemplates } from './templates.ts';

const TEMPLATES = readTemplates('moderation');

/** The categories of the families that have any. */
const CATEGORIES: ReadonlyMap<string, readonly string[]> = new Map([
  ['sexual', ['S']],
  ['hate', ['H']],
  ['violence', ['V', 'HR']],
  ['graphic', ['V', 'V2']],
  ['harassment', ['HR']],
  ['selfharm', ['SH']],
]);

/** A generated text, with its categories; the harmless have none. */
interface ModeratedText {
  readonly text: string;
  readonly family: string;
  readonly categories: readonly string[];
}

/** As many texts of every family. */
export function moderationTexts(each: number, random: Random): ModeratedText[] {
  return [...TEMPLATES.families.keys()].flatMap((family) =>
    Array.from({ length: each }, () => {
      // Some are longer than a sentence, as posts and pages are.
      const parts = random.chance(0.4) ? 2 + random.below(4) : 1;
      const text = Array.from({ length: parts }, () =>
        filled(random.pick(familyOf(TEMPLATES, family)), TEMPLATES.words, random),
      ).join(' ');
      return { text: random.chance(0.3) ? text.toLowerCase() : text, family, categories: CATEGORIES.get(family) ?? [] };
    }),
  );
}
