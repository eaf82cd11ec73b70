import type { GatewayConfig } from '../../config/gateway-config.ts';
import type { Notice } from '../../exchange/notice.ts';
import type { BudgetReadings } from '../../telemetry/budget-gauges.ts';
import type { Hooks, RunningFeature, World } from '../feature.ts';
import { BudgetAlerts } from './budget-alerts.ts';
import { BudgetObservations } from './budget-observations.ts';
import { readBudgets } from './budget-readings.ts';
import { SavingsDigest } from './savings-digest.ts';
import type { AlertConfig } from './settings.ts';

/** How often the trend of spending is looked at. */
const LOOK_EVERY_MS = 30_000;
const MOST_READINGS = 10_000;
const NOWHERE = { webhooks: [], slack: [], hidePersonalData: true } as const;

/** What operators hear of budgets: alerts and gauges, both from what limits say to requests anyway. Fills no slot. */
export class RunningAlerts implements RunningFeature<AlertConfig> {
  readonly limitListener: BudgetObservations;
  readonly readings = {
    sluice_budget_alerts_sent_total: () => this.#alerts.sent,
    sluice_budget_alerts_dropped_total: () => this.#alerts.dropped,
  };
  readonly #alerts: BudgetAlerts;
  readonly #world: World;
  readonly #digest: SavingsDigest;
  readonly #timer: NodeJS.Timeout;
  #wantsDigest = false;
  #config: GatewayConfig | undefined;

  constructor(world: World) {
    const { clock, directory, ledger, post, log } = world;
    this.#world = world;
    this.#alerts = new BudgetAlerts({
      clock,
      settings: NOWHERE,
      noteOnce: (name, value) => directory.noteOnce(name, value),
      post,
      warn: (facts, message) => log.app.warn(facts, message),
      inform: (facts, message) => log.app.info(facts, message),
    });
    this.limitListener = new BudgetObservations({ alerts: this.#alerts, clock });
    this.#digest = new SavingsDigest({ clock, ledger, announce: this.notify });
    this.#timer = setInterval(() => {
      this.#alerts.look(this.limitListener.budgets());
      this.#lookForDigest();
    }, LOOK_EVERY_MS);
    this.#timer.unref();
  }

  hooks(settings: AlertConfig | undefined, config: GatewayConfig): Hooks {
    this.#config = config;
    this.#alerts.configure({ ...(settings ?? NOWHERE), hidePersonalData: config.telemetry.hidePersonalData });
    this.limitListener.reconfigured();
    this.#wantsDigest = settings?.digest === 'weekly';
    this.#lookForDigest();
    return {};
  }

  notify = (notice: Notice): void => this.#alerts.announce(notice);

  #lookForDigest(): void {
    if (!this.#wantsDigest) return;
    this.#digest.look().catch((error: unknown) => {
      this.#world.log.app.warn({ error }, 'The digest of savings could not be made; it is tried again');
    });
  }

  budgetReadings = (): BudgetReadings => {
    if (this.#config === undefined) return { budgets: [], rates: [] };
    const { budgets, telemetry } = this.#config;
    return readBudgets(this.limitListener, {
      nowMs: this.#world.clock.nowMs(),
      timeZone: budgets.timeZone,
      hidePersonalData: telemetry.hidePersonalData,
      endUserLabel: telemetry.endUserLabel,
      most: MOST_READINGS,
    });
  };

  /** Posts the alerts that wait, for at most this long. */
  async close(timeoutMs: number): Promise<void> {
    clearInterval(this.#timer);
    await this.#alerts.close(timeoutMs);
  }
}
