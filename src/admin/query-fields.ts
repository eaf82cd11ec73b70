/** Reading the query of a management request. */
import type { Kinds, ListOptions, Search, SortColumn } from '../stores/contracts/directory.ts';
import type { ManagementContext } from './contract.ts';
import { wrongField } from './fields.ts';
import { noteParameter } from './reading-notes.ts';

/** A page of a list, as `page` (from 1) and a size. */
export interface Page {
  readonly page: number;
  readonly size: number;
  readonly limit: number;
  readonly offset: number;
}

const MOST_PAGES = 1_000_000;

/** Which page is asked for. `sizeName` is what LiteLLM calls the size on this route: `size` or `page_size`. */
export function pageOf(
  query: URLSearchParams,
  { sizeName, usual, most }: { readonly sizeName: string; readonly usual: number; readonly most: number },
): Page {
  const page = numberOf(query, 'page', 1, MOST_PAGES) ?? 1;
  const size = numberOf(query, sizeName, 1, most) ?? usual;
  return { page, size, limit: size, offset: (page - 1) * size };
}

/** The page in LiteLLM's names. */
export function showPage(total: number, page: Page) {
  return { total, page: page.page, page_size: page.size, total_pages: pagesOf(total, page) };
}

/** How many pages there are. */
export function pagesOf(total: number, { size }: Page): number {
  return Math.ceil(total / size);
}

/** How a list is to be sorted: `sort_by`, one of the columns, and `sort_order`. */
export function sortOf(
  query: URLSearchParams,
  further: Readonly<Record<string, SortColumn>>,
  usual: 'asc' | 'desc',
): Pick<ListOptions, 'sortBy' | 'descending'> {
  const columns = new Map<string, SortColumn>([
    ['created_at', 'createdAt'],
    ['updated_at', 'updatedAt'],
    ['spend', 'spend'],
    ['max_budget', 'maxBudget'],
    ...Object.entries(further),
  ]);
  const sortBy = columns.get(wordOf(query, 'sort_by', [...columns.keys()]) ?? 'created_at') ?? 'createdAt';
  return { sortBy, descending: (wordOf(query, 'sort_order', ['asc', 'desc']) ?? usual) === 'desc' };
}

/** What a search finds on one page, and how much there is; nothing if there is no search. */
export async function findPage<Kind extends keyof Kinds>(
  { directory }: ManagementContext,
  kind: Kind,
  search: Search | undefined,
  options: ListOptions,
): Promise<{ readonly total: number; readonly found: readonly Kinds[Kind][] }> {
  if (search === undefined) return { total: 0, found: [] };
  const total = await directory.count(kind, search);
  return { total, found: await directory.list(kind, search, options) };
}

/** One of a few words. */
export function wordOf<const Word extends string>(
  query: URLSearchParams,
  name: string,
  words: readonly Word[],
): Word | undefined {
  noteParameter(query, name, { enum: [...words] });
  const text = textOf(query, name);
  if (text === undefined) return undefined;
  const word = words.find((candidate) => candidate === text);
  if (word !== undefined) return word;
  throw wrongField(name, `must be one of ${words.join(', ')}`);
}

/** A whole number between two bounds; undefined if it was not sent. */
export function numberOf(query: URLSearchParams, name: string, least: number, most: number): number | undefined {
  noteParameter(query, name, { type: 'integer', minimum: least, maximum: most });
  const text = lastOf(query, name);
  if (text === undefined || text === '') return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw wrongField(name, `must be a whole number from ${least} to ${most}`);
  return value;
}

/** `true` or `false`; undefined if it was not sent. */
export function flagOf(query: URLSearchParams, name: string): boolean | undefined {
  noteParameter(query, name, { type: 'boolean' });
  const text = lastOf(query, name)?.toLowerCase();
  if (text === undefined || text === '') return undefined;
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw wrongField(name, 'must be true or false');
}

/** Refuses LiteLLM's filters that this route does not have: an answer without them would look filtered. */
export function refuseFilters(query: URLSearchParams, ...names: readonly string[]): void {
  const sent = names.find((name) => (lastOf(query, name) ?? '') !== '');
  if (sent !== undefined) throw wrongField(sent, 'is not a filter of this route; leave it out');
}

/** A text; undefined if it was not sent or is empty. */
export function textOf(query: URLSearchParams, name: string): string | undefined {
  noteParameter(query, name, { type: 'string', maxLength: 512 });
  const text = lastOf(query, name);
  if (text === undefined || text === '') return undefined;
  if (text.length > 512 || text.includes('\0') || !text.isWellFormed())
    throw wrongField(name, 'must have up to 512 characters, without NUL characters and halves of surrogate pairs');
  return text;
}

/** The value of a parameter; of one that is repeated the last, as FastAPI reads it. */
function lastOf(query: URLSearchParams, name: string): string | undefined {
  return query.getAll(name).at(-1);
}

/** Texts, comma-separated or repeated. */
export function textsOf(query: URLSearchParams, name: string): readonly string[] | undefined {
  noteParameter(query, name, { type: 'array', items: { type: 'string' } });
  const texts = query
    .getAll(name)
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '');
  return texts.length === 0 ? undefined : texts;
}
