import type { Word } from './words.ts';

const MARKS: readonly (readonly [language: string, words: ReadonlySet<string>])[] = [
  [
    'en',
    'the is are of what how do does did to in and my i you can who when where why it for on with was be which will would should',
  ],
  [
    'de',
    'der die das ist sind wie was wo wer wann warum ich und nicht ein eine einen von mit für zu im den dem kann man wird auf',
  ],
  [
    'fr',
    'le la les est sont comment que quel quelle qui où quand pourquoi je et ne pas un une des du de dans pour avec sur il',
  ],
  ['es', 'el la los las es son cómo qué quién dónde cuándo por de y no un una del en para con se cuál hay está puedo'],
  [
    'it',
    'il lo la gli è sono come che chi dove quando perché di e non un una del della in per con si quale qual posso',
  ],
  ['pt', 'o os as é são como que quem onde quando por de e não um uma do da em para com se qual posso está no na'],
].map(([language = '', words = '']) => [language, new Set(words.split(' '))]);

const SCRIPTS: readonly (readonly [language: string, script: RegExp])[] = [
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/u],
  ['zh', /\p{Script=Han}/u],
  ['ko', /\p{Script=Hangul}/u],
  ['cyrillic', /\p{Script=Cyrillic}/u],
  ['ar', /\p{Script=Arabic}/u],
  ['he', /\p{Script=Hebrew}/u],
  ['el', /\p{Script=Greek}/u],
  ['hi', /\p{Script=Devanagari}/u],
  ['th', /\p{Script=Thai}/u],
];

/** The language that a question is written in, by its script and its small words; empty if nothing tells. Pure. */
export function languageOf(words: readonly Word[]): string {
  const text = words.map((word) => word.text).join(' ');
  const script = SCRIPTS.find(([, letters]) => letters.test(text));
  // One foreign word in a Latin sentence does not make it another language.
  if (script !== undefined && !/[A-Za-z]{3,}.*[A-Za-z]{3,}.*[A-Za-z]{3,}/u.test(text)) return script[0];
  let best = '';
  let most = 0;
  for (const [language, marks] of MARKS) {
    const count = words.filter(({ lower }) => marks.has(lower)).length;
    if (count > most) [best, most] = [language, count];
  }
  return best;
}
