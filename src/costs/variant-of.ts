/**
 * OpenRouter's variants, written behind the model (https://openrouter.ai/docs/guides/routing/model-variants, 2026-11-23). Those here
 * cost what the model costs: `floor` prefers its cheapest provider, the others choose how it answers. Of the rest, `nitro` and `exacto`
 * prefer providers that may be dearer, and `online` adds a search to every request: they have a price only if a list names them.
 */
const AT_BASE_PRICE: ReadonlySet<string> = new Set(['floor', 'thinking', 'extended', 'beta']);

/** A model name with a variant: the name that has its price, and whether the variant has a price only under its own name. */
export function variantOf(provider: string, model: string): { readonly base: string; readonly isOwnPrice: boolean } {
  const colon = provider === 'openrouter' ? model.lastIndexOf(':') : -1;
  if (colon === -1) return { base: model, isOwnPrice: false };
  const isOwnPrice = !AT_BASE_PRICE.has(model.slice(colon + 1));
  return { base: isOwnPrice ? model : model.slice(0, colon), isOwnPrice };
}
