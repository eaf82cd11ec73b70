import type { Ask, Choice, MadeSearch } from './ask.ts';

const WANTED = /\b(?:search|look up|news|latest)\b/i;

/** The search for an answer; `undefined` if none may be made, or the user's words ask for none. */
export function searchFor({ search, lastUserText }: Ask): MadeSearch | undefined {
  if (search === undefined || !(search.isForced || WANTED.test(lastUserText))) return undefined;
  const usual = search.blockedDomains.includes('example.com') ? 'example.org' : 'example.com';
  const domain = search.allowedDomains[0] ?? usual;
  const query = lastUserText.slice(0, 60).trim();
  return {
    query,
    pages: [1, 2].map((number) => ({ url: `https://${domain}/page-${number}`, title: `Page ${number} of ${domain}` })),
  };
}

/** Where the passage of a text begins, in tokens, that names the pages as its sources. */
export function citedFrom(choice: Pick<Choice, 'text'>): number {
  return Math.floor(choice.text.length / 2);
}

/** The same in characters. */
export function citedSpan({ text }: Pick<Choice, 'text'>): { readonly start: number; readonly end: number } {
  return { start: text.slice(0, citedFrom({ text })).join('').length, end: text.join('').length };
}
