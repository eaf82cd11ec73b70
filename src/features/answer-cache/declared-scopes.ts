/** The scopes of what files declare: one that is taken out of them must not find its old answers if it is declared again. */
import type { GatewayConfig } from '../../config/gateway-config.ts';
import type { CacheScope } from '../../exchange/cached-answers.ts';
import type { NoteStore } from '../../stores/contracts/notes.ts';
import { hashKey } from '../../tenancy/hash-key.ts';

const NOTE = 'declared';

/** Remembers them, also while the gateway does not run. */
export class DeclaredScopes {
  readonly #notes: NoteStore;
  readonly #nameOf: (scope: { readonly kind: string; readonly id: string }) => string;
  #known: readonly string[] | undefined;

  constructor(notes: NoteStore, nameOf: (scope: { readonly kind: string; readonly id: string }) => string) {
    this.#notes = notes;
    this.#nameOf = nameOf;
  }

  /** What a store calls the scopes that were declared when it was last asked, and are no more. Throws if it cannot note them. */
  removed(config: Pick<GatewayConfig, 'declared' | 'keys'>): readonly string[] {
    const names = scopesOf(config).map((scope) => this.#nameOf(scope));
    const declared = new Set(names);
    const known = this.#known ?? this.#read();
    const removed = known.filter((name) => !declared.has(name));
    const isNew = names.length !== known.length || removed.length > 0;
    this.#known = names;
    if (isNew) this.#notes.write(NOTE, [this.#secretMark, ...names].join('\n'));
    return removed;
  }

  /** Under another secret every scope has another name, and none of the answers is found. */
  get #secretMark(): string {
    return this.#nameOf({ kind: 'secret of declared scopes', id: '' });
  }

  #read(): readonly string[] {
    const [mark, ...names] = (this.#notes.read(NOTE) ?? '').split('\n');
    return mark === this.#secretMark ? names : [];
  }
}

function scopesOf({ declared, keys }: Pick<GatewayConfig, 'declared' | 'keys'>): readonly CacheScope[] {
  const { teams, users, organizations } = declared;
  return [
    ...teams.map(({ id }) => ({ kind: 'team', id }) as const),
    ...users.map(({ id }) => ({ kind: 'user', id }) as const),
    ...organizations.map(({ id }) => ({ kind: 'org', id }) as const),
    ...keys.map(({ key }) => ({ kind: 'key', id: hashKey(key) }) as const),
  ];
}
