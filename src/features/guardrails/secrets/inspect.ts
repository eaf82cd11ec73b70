import { type Inspection, type Span, withoutOverlaps } from '../inspection.ts';
import { findAssigned } from './assigned.ts';
import { entropyOf } from './entropy.ts';
import { SECRET_FORMS, type SecretForm } from './forms.ts';
import type { KnownSecrets } from './known-secrets.ts';
import { findPrivateKeys } from './private-keys.ts';

/** Published examples, and what stands in their place in documentation. */
const EXAMPLE = /example|xxxxx|\*{4}|1234567890abcdef|abcdefghijklmnop|your[-_]|placeholder|<[a-z]|\$\{/i;

/** Keys, tokens, private keys and passwords: by their form, by the name before them, and those that this process itself uses. */
export function inspectSecrets(text: string, known?: KnownSecrets): Inspection {
  const spans = withoutOverlaps([
    ...(known?.find(text) ?? []),
    ...findPrivateKeys(text),
    ...findForms(text),
    ...findAssigned(text),
  ]);
  return { score: spans.length === 0 ? 0 : 1, flagged: spans.length > 0, spans };
}

function findForms(text: string): Span[] {
  const spans: Span[] = [];
  for (const { type, form, entropy } of formsThatMayBeIn(text)) {
    for (const found of text.matchAll(form)) {
      const secret = found.groups?.secret ?? found[0];
      if (EXAMPLE.test(secret) || (entropy !== undefined && entropyOf(secret) < entropy)) continue;
      const start = found.index + found[0].lastIndexOf(secret);
      spans.push({ type, start, end: start + secret.length });
    }
  }
  return spans;
}

const SLOTS = 1 << 15;
/** A place in a table for three characters; upper and lower case, and some signs, share theirs. */
const slotOf = (one: number, two: number, three: number): number =>
  ((one & 31) << 10) | ((two & 31) << 5) | (three & 31);
const startSlot = (part: string): number => slotOf(part.charCodeAt(0), part.charCodeAt(1), part.charCodeAt(2));
const ALWAYS = SECRET_FORMS.filter(({ holds }) => holds.length === 0);
const PARTS = SECRET_FORMS.flatMap((form) => form.holds.map((part) => ({ form, part, slot: startSlot(part) })));
const BEGINS_PART = new Uint8Array(SLOTS);
for (const { slot } of PARTS) BEGINS_PART[slot] = 1;

/** One pass says which parts can be in the text at all; only those are searched for. */
function formsThatMayBeIn(text: string): Iterable<SecretForm> {
  const slots = new Set<number>();
  let [one, two] = [0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const three = text.charCodeAt(at);
    const slot = slotOf(one, two, three);
    if (BEGINS_PART[slot] === 1) slots.add(slot);
    one = two;
    two = three;
  }
  const forms = new Set(ALWAYS);
  const lower = text.toLowerCase();
  for (const { form, part, slot } of PARTS) {
    if (slots.has(slot) && !forms.has(form) && lower.includes(part)) forms.add(form);
  }
  return forms;
}
