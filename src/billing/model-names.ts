/** Names of models as reports and configurations write them. Pure. */

/** What may stand in front of a model's own name. */
const PREFIX = /^(?:publishers\/[^/]+\/)?models\//;
/** What may stand behind it: the day of a snapshot, or the word for the newest one. */
const SUFFIX = /(?:-\d{4}-\d{2}-\d{2}|[-@]20\d{6}|-latest)$/;

/**
 * The name under which both sides of a bill meet: `gpt-4o-2024-08-06` and `gpt-4o` are the same model, because a provider reports the
 * snapshot that an alias meant on that day.
 */
export function familyOf(model: string, aliases: ReadonlyMap<string, string> = NO_ALIASES): string {
  const named = model.replace(PREFIX, '').trim();
  const family = named.replace(SUFFIX, '');
  return aliases.get(named) ?? aliases.get(family) ?? family;
}

const NO_ALIASES: ReadonlyMap<string, string> = new Map();
