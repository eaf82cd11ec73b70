import type { BudgetConfig } from '../config/gateway-config.ts';
import { defined } from '../core/defined.ts';
import { Accounts } from '../tenancy/accounts.ts';
import type { Identity } from '../tenancy/identity.ts';
import { accountOf, type Scope } from '../tenancy/scopes.ts';

/** The accounts of identities, customers and tags under one configuration: made once for each, kept as long as they are. */
export class AccountsOf {
  readonly #budgets: BudgetConfig;
  readonly #platform: Scope;
  readonly #byIdentity = new WeakMap<Identity, Accounts>();
  readonly #byScope = new WeakMap<Scope, Accounts>();

  constructor(budgets: BudgetConfig) {
    this.#budgets = budgets;
    const { globalMax, globalPeriod, globalMaxParallel } = budgets;
    this.#platform = {
      kind: 'platform',
      account: accountOf.platform,
      label: 'Gateway',
      limits: {
        ...defined({
          maxBudget: globalMax,
          budgetDuration: globalPeriod,
          maxParallelRequests: globalMaxParallel,
        }),
      },
      anchorMs: 0,
    };
  }

  /** The gateway's own budget. */
  get platform(): Scope {
    return this.#platform;
  }

  /** An identity's accounts, and the gateway's own behind them. */
  of(identity: Identity): Accounts {
    let accounts = this.#byIdentity.get(identity);
    if (accounts === undefined) {
      accounts = new Accounts([...identity.scopes, this.#platform], this.#budgets);
      this.#byIdentity.set(identity, accounts);
    }
    return accounts;
  }

  /** The accounts of a customer or a tag. */
  ofScope(scope: Scope): Accounts {
    let accounts = this.#byScope.get(scope);
    if (accounts === undefined) {
      accounts = new Accounts([this.#withDefaults(scope)], this.#budgets);
      this.#byScope.set(scope, accounts);
    }
    return accounts;
  }

  /** A customer without a budget of its own has the one of all such. */
  #withDefaults(scope: Scope): Scope {
    const { customerDefault } = this.#budgets;
    if (scope.kind !== 'customer' || customerDefault === undefined || scope.limits.maxBudget !== undefined)
      return scope;
    const { max, period } = customerDefault;
    return {
      ...scope,
      limits: { ...scope.limits, maxBudget: max, ...defined({ budgetDuration: period }) },
    };
  }
}
