import type { PeriodBudgetConfig, ScopeKind } from '../../config/gateway-config.ts';
import type { Clock } from '../../core/clock.ts';
import { defined } from '../../core/defined.ts';
import type { PicoUsd } from '../../core/money.ts';
import type { LimitListener } from '../../exchange/slots.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { Charge, Claims } from '../../stores/contracts/claims.ts';
import { periodAt } from '../../tenancy/accounts.ts';
import { accountOf, type Scope } from '../../tenancy/scopes.ts';

/** The budget of a deployment or provider, and the deployments that get no requests once it is used up. */
interface UpstreamBudget {
  /** Its name, amount and period. */
  readonly scope: Scope;
  readonly max: PicoUsd;
  readonly period: string | undefined;
  readonly deploymentIds: readonly string[];
}

interface UpstreamBudgetsOptions {
  readonly claims: Claims;
  readonly clock: Clock;
  readonly listener: LimitListener | undefined;
  readonly onFault: (what: string, error: unknown) => void;
}

/** How often budgets are read again: other instances spend too, and periods end without a request. */
const READ_EVERY_MS = 1_000;

/** Knows which deployments have used up their budget or their provider's: routing leaves those out. */
export class UpstreamBudgets {
  /** Ids of the deployments that get no requests now. */
  readonly over = new Set<string>();
  readonly #options: UpstreamBudgetsOptions;
  #budgets: readonly UpstreamBudget[] = [];
  #timeZone = 'UTC';
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;
  #isAskedAgain = false;

  constructor(options: UpstreamBudgetsOptions) {
    this.#options = options;
  }

  /** Takes over the budgets of a configuration; resolves when they were read. */
  configure({ config, deployments, hasUpstreamBudgets }: Snapshot): Promise<void> {
    this.stop();
    this.over.clear();
    this.#budgets = hasUpstreamBudgets ? budgetsOf(config, [...deployments.values()]) : [];
    this.#timeZone = config.budgets.timeZone;
    if (this.#budgets.length === 0) return Promise.resolve();
    this.#timer = setInterval(() => void this.read(), READ_EVERY_MS);
    this.#timer.unref();
    return this.read();
  }

  /** Budgets were charged: one of them may be used up now. */
  charged(charges: readonly Charge[]): void {
    if (charges.length > 0) void this.read();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Reads every budget; one reading at a time, and one more if a call came meanwhile. Never rejects. */
  read(): Promise<void> {
    if (this.#reading !== undefined) {
      this.#isAskedAgain = true;
      return this.#reading;
    }
    this.#reading = this.#readOnce()
      .catch((error: unknown) => this.#options.onFault('the budgets of deployments could not be read', error))
      .finally(() => {
        this.#reading = undefined;
        if (!this.#isAskedAgain) return;
        this.#isAskedAgain = false;
        void this.read();
      });
    return this.#reading;
  }

  async #readOnce(): Promise<void> {
    const { claims, clock, listener } = this.#options;
    const budgets = this.#budgets;
    const nowMs = clock.nowMs();
    const over = new Set<string>();
    for (const { scope, max, period, deploymentIds } of budgets) {
      const window = periodAt(period, { anchorMs: 0, limits: {} }, nowMs, { timeZone: this.#timeZone });
      const [state] = await claims.read(scope.account, [window]);
      if (budgets !== this.#budgets) return;
      if (state !== undefined) listener?.looked(scope, window, state.spent);
      if (state !== undefined && state.spent >= max) for (const id of deploymentIds) over.add(id);
    }
    if (budgets !== this.#budgets) return;
    for (const id of this.over) if (!over.has(id)) this.over.delete(id);
    for (const id of over) this.over.add(id);
  }
}

function budgetsOf(
  config: Snapshot['config'],
  deployments: readonly {
    readonly id: string;
    readonly config: Deploying;
    readonly provider: { readonly name: string };
  }[],
): UpstreamBudget[] {
  const budgets: UpstreamBudget[] = [];
  for (const { id, config: entry } of deployments) {
    if (entry.budget === undefined) continue;
    const { max, period } = entry.budget;
    const scope = scopeOf('deployment', accountOf.deployment(id), `Deployment=${id}`, entry.budget);
    budgets.push({ scope, max, period, deploymentIds: [id] });
  }
  for (const [name, { max, period }] of Object.entries(config.budgets.providers)) {
    const own = deployments.filter(({ provider }) => provider.name === name);
    const scope = scopeOf('provider', accountOf.provider(name), `Provider=${name}`, {
      max,
      ...defined({ period }),
    });
    budgets.push({ scope, max, period, deploymentIds: own.map(({ id }) => id) });
  }
  return budgets;
}

function scopeOf(kind: ScopeKind, account: string, label: string, { max, period }: PeriodBudgetConfig): Scope {
  const limits = { maxBudget: max, ...defined({ budgetDuration: period }) };
  return { kind, account, label, limits, anchorMs: 0 };
}

interface Deploying {
  readonly budget?: { readonly max: PicoUsd; readonly period?: string };
}
