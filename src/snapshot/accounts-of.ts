import type { BudgetConfig, DeploymentConfig } from '../config/gateway-config.ts';
import { defined } from '../core/defined.ts';
import type { Limits } from '../stores/contracts/directory.ts';
import { Accounts } from '../tenancy/accounts.ts';
import type { Identity } from '../tenancy/identity.ts';
import { accountOf, type Scope } from '../tenancy/scopes.ts';
import { tagScopesOf } from '../tenancy/tag-rates.ts';

/** The accounts of identities, customers and tags under one configuration: made once for each, kept as long as they are. */
export class AccountsOf {
  readonly #budgets: BudgetConfig;
  readonly #platform: Scope;
  readonly #ofKeys: ModelLimits | undefined;
  readonly #byIdentity = new WeakMap<Identity, Accounts>();
  readonly #byScope = new WeakMap<Scope, Accounts>();
  readonly #byTag = new WeakMap<Identity, ReadonlyMap<string, Scope> | null>();

  constructor(budgets: BudgetConfig, deployments: readonly DeploymentConfig[] = []) {
    this.#budgets = budgets;
    this.#ofKeys = limitsOfKeys(deployments);
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
      const scopes =
        identity.from === 'master'
          ? identity.scopes
          : identity.scopes.map((scope) => this.#keyWithDefaults(scope, identity));
      accounts = new Accounts([...scopes, this.#platform], this.#budgets);
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

  /** The rates that a key has for some tags. */
  ofTags(identity: Identity, tags: readonly string[]): readonly Accounts[] {
    let byTag = this.#byTag.get(identity);
    if (byTag === undefined) {
      byTag = tagScopesOf(identity) ?? null;
      this.#byTag.set(identity, byTag);
    }
    if (byTag === null) return [];
    return tags.flatMap((tag) => {
      const scope = byTag.get(tag);
      return scope === undefined ? [] : [this.ofScope(scope)];
    });
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

  /** What a key has of its own comes before what deployments and settings say of all keys. */
  #keyWithDefaults(scope: Scope, { objects: { team } }: Identity): Scope {
    const { defaultSoftBudget: softBudget } = this.#budgets;
    if (scope.kind !== 'key' || (softBudget === undefined && this.#ofKeys === undefined)) return scope;
    const { limits } = scope;
    const hasOwn = (name: keyof ModelLimits): boolean => limits[name] !== undefined || team?.[name] !== undefined;
    return {
      ...scope,
      limits: {
        ...defined({ softBudget }),
        ...(!hasOwn('modelRpmLimit') && this.#ofKeys?.modelRpmLimit && { modelRpmLimit: this.#ofKeys.modelRpmLimit }),
        ...(!hasOwn('modelTpmLimit') && this.#ofKeys?.modelTpmLimit && { modelTpmLimit: this.#ofKeys.modelTpmLimit }),
        ...limits,
      },
    };
  }
}

type ModelLimits = Pick<Limits, 'modelRpmLimit' | 'modelTpmLimit'>;

/** The limits by group that deployments set for each key; undefined if none does. */
function limitsOfKeys(deployments: readonly DeploymentConfig[]): ModelLimits | undefined {
  const rpm: Record<string, number> = {};
  const tpm: Record<string, number> = {};
  for (const { group, keyRpmLimit, keyTpmLimit } of deployments) {
    if (keyRpmLimit !== undefined) rpm[group] = Math.min(keyRpmLimit, rpm[group] ?? keyRpmLimit);
    if (keyTpmLimit !== undefined) tpm[group] = Math.min(keyTpmLimit, tpm[group] ?? keyTpmLimit);
  }
  const has = (limits: object): boolean => Object.keys(limits).length > 0;
  if (!has(rpm) && !has(tpm)) return undefined;
  return { ...(has(rpm) && { modelRpmLimit: rpm }), ...(has(tpm) && { modelTpmLimit: tpm }) };
}
