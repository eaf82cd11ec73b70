/** Reading the query of a management request. */
import { wrongField } from './fields.ts';

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

/** How many pages there are. */
export function pagesOf(total: number, { size }: Page): number {
  return Math.ceil(total / size);
}

/** A whole number between two bounds; undefined where it was not sent. */
export function numberOf(query: URLSearchParams, name: string, least: number, most: number): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw wrongField(name, `must be a whole number from ${least} to ${most}`);
  return value;
}

/** `true` or `false`; undefined where it was not sent. */
export function flagOf(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name)?.toLowerCase();
  if (text === undefined || text === '') return undefined;
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw wrongField(name, 'must be true or false');
}

/** Refuses filters that are not served: what they would leave out must not be shown as if it were asked for. */
export function refuseFilters(query: URLSearchParams, ...names: readonly string[]): void {
  const sent = names.find((name) => textOf(query, name) !== undefined);
  if (sent !== undefined) throw wrongField(sent, 'is not a filter here');
}

/** A text; undefined where it was not sent or is empty. */
export function textOf(query: URLSearchParams, name: string): string | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (text.length > 512 || text.includes('\0') || !text.isWellFormed())
    throw wrongField(name, 'is not a text that is stored here');
  return text;
}

/** Texts, comma-separated or repeated. */
export function textsOf(query: URLSearchParams, name: string): readonly string[] | undefined {
  const texts = query
    .getAll(name)
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '');
  return texts.length === 0 ? undefined : texts;
}

/** A day as `YYYY-MM-DD`; undefined where it was not sent. */
export function dayOf(query: URLSearchParams, name: string): string | undefined {
  const text = textOf(query, name);
  if (text === undefined) return undefined;
  const day = text.slice(0, 10);
  const atMs = Date.parse(`${day}T00:00:00Z`);
  const isDay = Number.isFinite(atMs) && new Date(atMs).toISOString().slice(0, 10) === day;
  if (!isDay) throw wrongField(name, 'must be a day as `2026-01-31`');
  return day;
}
