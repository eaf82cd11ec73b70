import { type AlertSettings, BudgetAlerts } from '../../alerts/budget-alerts.ts';
import type { GatewayConfig } from '../../config/gateway-config.ts';
import type { Clock } from '../../core/clock.ts';
import type { Directory } from '../../stores/contracts/directory.ts';
import type { BudgetReadings } from '../../telemetry/budget-gauges.ts';
import type { Log } from '../../telemetry/log.ts';
import { postJson } from '../../upstream/post-json.ts';
import type { Upstream } from '../../upstream/upstream.ts';
import { BudgetObservations } from './budget-observations.ts';
import { readBudgets } from './budget-readings.ts';

export interface BudgetNewsOptions {
  readonly config: GatewayConfig;
  readonly clock: Clock;
  readonly directory: Pick<Directory, 'noteOnce'>;
  readonly upstream: Upstream;
  readonly log: Pick<Log, 'app'>;
}

/** How often it is looked at where spending leads. */
const LOOK_EVERY_MS = 30_000;
const MOST_READINGS = 10_000;

/** What operators see of budgets: alerts and gauges, both from what requests see anyway. */
export class BudgetNotifications {
  readonly alerts: BudgetAlerts;
  readonly sights: BudgetObservations;
  readonly #clock: Clock;
  readonly #timer: NodeJS.Timeout;
  #config: GatewayConfig;

  constructor({ config, clock, directory, upstream, log }: BudgetNewsOptions) {
    this.#config = config;
    this.#clock = clock;
    this.alerts = new BudgetAlerts({
      clock,
      settings: settingsOf(config),
      noteOnce: (name, value) => directory.noteOnce(name, value),
      post: (address, body, headers) => postJson(upstream, address, body, headers),
      warn: (facts, message) => log.app.warn(facts, message),
    });
    this.sights = new BudgetObservations({ alerts: this.alerts, clock });
    this.#timer = setInterval(() => this.alerts.look(this.sights.budgets()), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  configure(config: GatewayConfig): void {
    this.#config = config;
    this.alerts.configure(settingsOf(config));
    this.sights.reconfigured();
  }

  /** For gauges. */
  readings(): BudgetReadings {
    const { budgets, telemetry } = this.#config;
    return readBudgets(this.sights, {
      nowMs: this.#clock.nowMs(),
      timeZone: budgets.timeZone,
      hidePersonalData: telemetry.hidePersonalData,
      endUserLabel: telemetry.endUserLabel,
      most: MOST_READINGS,
    });
  }

  /** Lets alerts that wait go out, at most so long. */
  async close(timeoutMs: number): Promise<void> {
    clearInterval(this.#timer);
    await this.alerts.close(timeoutMs);
  }
}

function settingsOf({ alerts, budgets, telemetry }: GatewayConfig): AlertSettings {
  return { ...alerts, threshold: budgets.alertThreshold, hidePersonalData: telemetry.hidePersonalData };
}
