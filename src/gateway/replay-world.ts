/** The stores that a replay plans and admits with: counters in memory, and what the database knows of keys and earlier spend. */
import type { GatewayConfig } from '../config/gateway-config.ts';
import type { Clock } from '../core/clock.ts';
import type { Claims } from '../stores/contracts/claims.ts';
import type { Database } from '../stores/contracts/database.ts';
import type { Directory } from '../stores/contracts/directory.ts';
import { MemoryClaims } from '../stores/memory/claims.ts';
import { scopeOfTokens } from '../tenancy/day-limits.ts';
import type { Declared } from '../tenancy/declared.ts';
import { Tenants } from '../tenancy/tenants.ts';

/** What they are made of. */
interface Wanted {
  readonly clock: Clock;
  readonly config: GatewayConfig;
  readonly declared: Declared;
  /** Undefined: only rows can be read, not keys. */
  readonly database: Database | undefined;
  /** Where the replay begins: what was spent before counts for budgets that had begun. */
  readonly seedToMs: number;
}

/** The stores. */
export interface ReplayStores {
  readonly claims: Claims;
  readonly tenants: Tenants;
  readonly hasDirectory: boolean;
}

/** Makes them. */
export function openReplayWorld({ clock, config, declared, database, seedToMs }: Wanted): ReplayStores {
  const claims = new MemoryClaims({
    clock,
    seed: async (account, { startsAtMs }) => {
      if (database === undefined || startsAtMs >= seedToMs || scopeOfTokens(account) !== undefined) return 0n;
      return database.ledger.spent(account, startsAtMs, seedToMs);
    },
  });
  const tenants = new Tenants({
    ...{ clock, declared, directory: database?.directory ?? NO_DIRECTORY },
    customerBudgetId: config.budgets.customerDefaultBudgetId,
  });
  return { claims, tenants, hasDirectory: database !== undefined };
}

/** Has no object of any kind. */
const NO_DIRECTORY = new Proxy({} as Directory, { get: () => async () => undefined });
