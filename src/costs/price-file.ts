/** Prices of an operator's file in the shape of LiteLLM's `model_prices_and_context_window.json`: model → row of prices and limits. */
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { ownValue } from '../core/own-value.ts';
import { configuredRates, overlay } from './configured-rates.ts';
import type { RateCard } from './rate-card.ts';

/** The rows, and what the ledger calls their source. */
export interface PriceFile {
  readonly source: string;
  readonly rows: JsonObject;
}

/** A row that has a price. */
interface FileRow {
  readonly row: JsonObject;
  /** At a service tier. */
  cardAt(tier: string): RateCard | undefined;
}

/** Modes whose answers are tokens that cost something: a row without a price for them is not whole. */
const WRITES: ReadonlySet<unknown> = new Set(['chat', 'completion', 'responses']);

/**
 * The row of a provider's model; undefined if the file has none with a price. LiteLLM writes most names with the provider before them, and
 * some without: then the row names its provider, in its own words (`text-completion-openai`, `vertex_ai-anthropic_models`).
 */
export function fileRow(
  file: PriceFile,
  { provider, model, base }: { readonly provider: string; readonly model: string; readonly base: string | undefined },
): FileRow | undefined {
  for (const name of base === undefined ? [model] : [base, model]) {
    const found = named(file, provider, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function named(file: PriceFile, provider: string, name: string): FileRow | undefined {
  // `azure/gpt-4o` as a base model names its provider itself.
  for (const key of name.startsWith(`${provider}/`) ? [name] : [`${provider}/${name}`, name]) {
    const row = ownValue(file.rows, key);
    if (!isJsonObject(row)) continue;
    if (!key.includes('/') && !belongsTo(row, provider)) continue;
    const source = `${file.source} ${key}`;
    const cardAt = (tier: string): RateCard | undefined => {
      const card = overlay(undefined, configuredRates(row, tier));
      return card && { ...card, source };
    };
    const rates = configuredRates(row);
    const isWhole = !WRITES.has(row.mode) || rates?.output !== undefined || rates?.units !== undefined;
    if (isWhole && cardAt('') !== undefined) return { row, cardAt };
  }
  return undefined;
}

function belongsTo({ litellm_provider: owner }: JsonObject, provider: string): boolean {
  return typeof owner === 'string' && (owner === provider || owner === `text-completion-${provider}`);
}
