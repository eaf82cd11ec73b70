/** Aliases of keys and addresses of users, of which each may be there once. */
import type { ImportedKinds } from '../stores/contracts/imported-kinds.ts';

/** What no other object of its kind may have too. */
export function uniqueNameOf(kind: keyof ImportedKinds, value: ImportedKinds[keyof ImportedKinds]): string | undefined {
  if (kind === 'key') return (value as ImportedKinds['key']).alias;
  if (kind === 'user') return (value as ImportedKinds['user']).email?.toLowerCase();
  return undefined;
}

/** Remembers those that objects of one run have, which a dry run does not find in the database. */
export class UniqueNames {
  readonly #known = new Set<string>();

  /** The object without the alias or address that another object has: the key still works. */
  free(
    kind: keyof ImportedKinds,
    value: ImportedKinds[keyof ImportedKinds],
    taken: ReadonlyMap<string, string>,
    notes: string[],
  ): ImportedKinds[keyof ImportedKinds] {
    const name = uniqueNameOf(kind, value);
    if (name === undefined) return value;
    const known = `${kind} ${name}`;
    if (!taken.has(name) && !this.#known.has(known)) {
      this.#known.add(known);
      return value;
    }
    const field = kind === 'key' ? 'alias' : 'email';
    notes.push(`its ${field === 'alias' ? 'alias' : 'email address'} is taken and left out`);
    const { [field]: _, ...rest } = value as ImportedKinds['key'] & ImportedKinds['user'];
    return rest as ImportedKinds['key'];
  }
}
