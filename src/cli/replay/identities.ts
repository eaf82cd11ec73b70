/** Who made a recorded request: as the database knows its key now, else as the row says. */

import type { Clock } from '../../core/clock.ts';
import { defined } from '../../core/defined.ts';
import type { LedgerRow } from '../../stores/contracts/ledger.ts';
import { hashKey } from '../../tenancy/hash-key.ts';
import type { Identity } from '../../tenancy/identity.ts';
import { makeIdentity, masterIdentity } from '../../tenancy/make-identity.ts';
import { ReadThroughCache } from '../../tenancy/read-through-cache.ts';
import type { Tenants } from '../../tenancy/tenants.ts';

const MOST = 100_000;
const FOR_EVER_MS = Number.MAX_SAFE_INTEGER;

/** How the ledger calls the master key. */
const MASTER = 'litellm-master-key';

/** Finds identities; each key has one object, because limits are kept by it. */
export class Identities {
  readonly #tenants: Tenants;
  readonly #masterHash: string;
  readonly #unknown: ReadThroughCache<Identity>;
  readonly #rows = new Map<string, LedgerRow>();
  #missing = 0;

  constructor(tenants: Tenants, masterKey: string, clock: Clock) {
    this.#tenants = tenants;
    this.#masterHash = hashKey(masterKey);
    this.#unknown = new ReadThroughCache({
      ...{ clock, capacity: MOST, ttlMs: FOR_EVER_MS, absentTtlMs: FOR_EVER_MS, mayServeOld: () => true },
      load: async (id) => {
        const row = this.#rows.get(id);
        this.#rows.delete(id);
        this.#missing += 1;
        return row === undefined ? undefined : ofRow(row);
      },
      sourcesOf: () => [],
    });
  }

  /** How many keys are not known any more. */
  get missing(): number {
    return this.#missing;
  }

  readonly of = async (row: LedgerRow): Promise<Identity> => {
    const { keyHash } = row;
    if (keyHash === MASTER || keyHash === this.#masterHash) return this.#master;
    const known = await this.#tenants.identity(keyHash);
    // What is blocked or out of date now was not then.
    if (known !== undefined) return known;
    const id = JSON.stringify([keyHash, row.teamId, row.userId, row.organizationId]);
    this.#rows.set(id, row);
    return (await this.#unknown.find(id)) ?? ofRow(row);
  };

  get #master(): Identity {
    this.#masterIdentity ??= masterIdentity(this.#masterHash);
    return this.#masterIdentity;
  }

  #masterIdentity: Identity | undefined;
}

function ofRow({ keyHash, keyAlias, teamId, userId, organizationId }: LedgerRow): Identity {
  return makeIdentity({
    key: { ...NO_LIMITS, hash: keyHash, ...defined({ alias: keyAlias, teamId, userId, organizationId }) },
    from: 'directory',
  });
}

const NO_LIMITS = {
  ...{ name: 'sk-...', models: [], blocked: false, keyType: 'default' as const, rotationCount: 0 },
  ...{ metadata: {}, further: {}, createdAtMs: 0, updatedAtMs: 0 },
};
