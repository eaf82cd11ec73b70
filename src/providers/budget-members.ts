/**
 * What a request that counts against a budget may have. A claim holds for what tokens cost: a member that buys something else, names
 * another model or address, or runs code would count against no budget. So each provider lists what it may be sent; what is not
 * listed is refused.
 */
import type { JsonObject, JsonValue } from '../core/json.ts';
import type { RequestOutline } from '../formats/outline.ts';
import { refusedIn, SEARCH_OPTIONS, toolsIn } from './tool-contents.ts';

/** Which things beside tokens have a known price at a deployment. */
export interface MemberPrices {
  readonly search: boolean;
  readonly audio: boolean;
  tier(name: string): boolean;
  speed(name: string): boolean;
  region(name: string): boolean;
}

/** Whether a value may be sent at these prices. */
export type MemberRule = (value: JsonValue, prices: MemberPrices) => boolean;

/** The members of a body, the tools and the header words of one operation at one provider. */
export interface BudgetMembers {
  /** Top-level members that change neither price, model nor address, and run no code. */
  readonly harmless: ReadonlySet<string>;
  /** Top-level members that do so with some values. */
  readonly checked: ReadonlyMap<string, MemberRule>;
  /** Whether a kind of tool may be sent: the client runs it, or its price is known. */
  readonly takesTool: (kind: string, prices: MemberPrices) => boolean;
  /** What a tool of a kind that may be sent says that may not be: the name of the member. */
  readonly refusedInTool: (tool: JsonObject) => string | undefined;
  /** For headers that are handed on, whether a word of their lists may be. */
  readonly takesWord?: (header: string, word: string) => boolean;
}

/**
 * The first member or tool that may not be sent: its field and what it says; undefined if all may be. Members that are `null` are
 * left out of what is sent, or are harmless.
 */
export function refusedMember(
  { harmless, checked, takesTool, refusedInTool }: BudgetMembers,
  outline: RequestOutline,
  prices: MemberPrices,
  isExempt: (name: string) => boolean,
): { readonly field: string; readonly word: string } | undefined {
  for (const { name, kind } of outline.envelope.members) {
    if (harmless.has(name) || kind === 'null' || isExempt(name)) continue;
    const rule = checked.get(name);
    if (rule === undefined || !rule(outline.value(name) ?? null, prices)) return { field: name, word: name };
  }
  if (isExempt('tools')) return undefined;
  const tool = outline.toolKinds.find((kind) => !takesTool(kind, prices) && !isExempt(kind));
  if (tool !== undefined) return { field: 'tools', word: tool };
  if (!outline.hasTools) return undefined;
  for (const each of toolsIn(outline.value('tools'))) {
    const word = isExempt(String(each.type)) ? undefined : refusedInTool(each);
    if (word !== undefined && !isExempt(word)) return { field: 'tools', word };
  }
  return undefined;
}

/** Members that are `null` and not known to be harmless: what a provider makes of them is unknown, so they are left out. */
export function unknownNulls(
  { harmless }: BudgetMembers,
  { envelope }: Pick<RequestOutline, 'envelope'>,
): readonly string[] {
  return envelope.members.filter(({ name, kind }) => kind === 'null' && !harmless.has(name)).map(({ name }) => name);
}

/** A value among these. */
export const oneOf =
  (...values: readonly JsonValue[]): MemberRule =>
  (value) =>
    values.includes(value);

/** An object with no other members than these. */
export const objectOf =
  (...names: readonly string[]): MemberRule =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.keys(value).every((name) => names.includes(name));

/** A tier that costs no more than the standard one, or has a known price. */
export const pricedTier: MemberRule = (value, prices) =>
  typeof value === 'string' && (STANDARD_TIERS.has(value) || prices.tier(value));

const STANDARD_TIERS: ReadonlySet<string> = new Set([
  'auto',
  'default',
  'standard',
  'standard_only',
  'on_demand',
  'flex',
  'batch',
]);

/** What says how the web is searched, if a search has a known price. */
export const pricedSearch: MemberRule = (value, prices) =>
  prices.search && refusedIn(value, SEARCH_OPTIONS) === undefined;
