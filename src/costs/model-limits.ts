/** How much well-known models can write, if the configuration does not say so. */
import { modelAbilities } from '../models/model-table.ts';

/** What every Claude model since 2025-10 can write: Anthropic refuses a request without `max_tokens`, so a newer one gets this. */
const NEWER_CLAUDE = 64_000;

/** The longest answer of a well-known model, in tokens; undefined if it is unknown. */
export function knownMaxOutputTokens(model: string): number | undefined {
  return modelAbilities(model).maxOutputTokens ?? (/claude-/i.test(model) ? NEWER_CLAUDE : undefined);
}
