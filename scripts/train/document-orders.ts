/** Orders that hide in what an assistant reads, and the harmless orders and questions that documents are full of. */
import type { Random } from './random.ts';
import { familyOf, filled, readTemplates } from './templates.ts';

const DOCUMENTS = readTemplates('documents');
const MOST_SENTENCES = 7;

/** An order to an assistant, as it stands in a document. */
export function orderOf(random: Random): string {
  const text = sentenceOf('orders', random);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Some harmless sentences of mails, pages, tables and tools. */
export function passageOf(random: Random): string {
  const length = 2 + random.below(MOST_SENTENCES - 1);
  const glue = random.chance(0.5) ? ' ' : '\n';
  return Array.from({ length }, () => sentenceOf('sentences', random)).join(glue);
}

/** Doubled braces stand for braces. */
const sentenceOf = (family: string, random: Random): string =>
  filled(random.pick(familyOf(DOCUMENTS, family)), DOCUMENTS.words, random)
    .replaceAll('{{', '{')
    .replaceAll('}}', '}');
