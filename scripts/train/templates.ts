/** Texts that are made of templates: families of them stand in `texts/`, one to a line. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from './random.ts';

/** Words that may stand for a name in braces. */
type Words = ReadonlyMap<string, readonly string[]>;

/** A file of templates. */
interface Templates {
  readonly words: Words;
  readonly families: ReadonlyMap<string, readonly string[]>;
}

/** Reads a file: `name = word / word` are words, `[family]` begins the templates of one, `#` a comment. */
export function readTemplates(name: string): Templates {
  const words = new Map<string, string[]>();
  const families = new Map<string, string[]>();
  let family: string[] | undefined;
  for (const line of readFileSync(join(import.meta.dirname, 'texts', `${name}.txt`), 'utf8').split('\n')) {
    const heading = /^\[(\w+)\]$/.exec(line)?.[1];
    if (heading !== undefined) {
      family = [];
      families.set(heading, family);
    } else if (family !== undefined) {
      if (line !== '') family.push(unescaped(line));
    } else {
      const [, word, values] = /^(\w+) = ?(.*)$/.exec(line) ?? [];
      if (word !== undefined && values !== undefined)
        words.set(
          word,
          values.split(' / ').map((value) => unescaped(value.trim())),
        );
    }
  }
  return { words, families };
}

const unescaped = (text: string): string => text.replace(/\\(.)/g, (_, sign: string) => (sign === 'n' ? '\n' : sign));

/** The templates of a family; throws if there is no such one. */
export function familyOf({ families }: Templates, name: string): readonly string[] {
  const family = families.get(name);
  if (family === undefined) throw new RangeError(`no family is called ${name}`);
  return family;
}

const MOST_ROUNDS = 8;

/** Fills `{name}` from the words and `(a|b|)` by one of its choices; what was filled in may hold both again. */
export function filled(template: string, words: Words, random: Random): string {
  let text = template;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const before = text;
    text = text.replace(/\(([^()]*\|[^()]*)\)/g, (_, choices: string) => random.pick(choices.split('|')));
    text = text.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const values = words.get(name);
      return values === undefined ? whole : random.pick(values);
    });
    if (text === before) break;
  }
  return text.replace(/ {2,}/g, ' ').trim();
}
