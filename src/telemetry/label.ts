import { createHash } from 'node:crypto';
import { printable } from '../core/printable.ts';

const LONGEST_LABEL = 64;
const DIGEST_CHARACTERS = 12;

/** The value of a label: at most 64 characters, without what a terminal obeys; the end of a longer one is replaced by its hash. */
export function boundedLabel(text: string): string {
  if (text.length <= LONGEST_LABEL && !/[^ -~]/.test(text)) return text;
  const clean = printable(text);
  if (clean.length <= LONGEST_LABEL) return clean;
  const digest = createHash('sha256').update(text).digest('hex').slice(0, DIGEST_CHARACTERS);
  return `${clean.slice(0, LONGEST_LABEL - DIGEST_CHARACTERS - 1)}~${digest}`;
}
