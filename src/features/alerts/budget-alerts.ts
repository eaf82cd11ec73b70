/** Tells operators of budgets: in the log, and by post where addresses are configured. Nothing here is waited for by a request. */

import type { Clock } from '../../core/clock.ts';
import { newCallId } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import { formatUsd } from '../../core/money.ts';
import type { Notice } from '../../exchange/notice.ts';
import { ALERT_NOTES, alertNotesOf, noteUntil } from '../../stores/contracts/alert-notes.ts';
import { Delivery, type DeliveryOptions, type Letter, type Post } from './delivery.ts';
import { type Forecast, forecast, remember } from './forecast.ts';
import { dueKinds, nextLevel } from './levels.ts';
import { type Alert, eventOf, percentOf, sentence, signature, slackBody, slackText, webhookBody } from './message.ts';
import type { AlertConfig } from './settings.ts';
import type { AlertKind, WatchedBudget } from './watched-budget.ts';

/** What of a configuration alerts follow. */
export interface AlertSettings extends AlertConfig {
  /** Users and customers are not named in the log. */
  readonly hidePersonalData: boolean;
}

export interface BudgetAlertsOptions {
  readonly clock: Clock;
  readonly settings: AlertSettings;
  /** Whether it is us who tell it: asked once per budget, period and kind, over all instances. */
  readonly noteOnce: (name: string, value: string) => Promise<boolean>;
  readonly post: Post;
  /** Writes a warning to the log, or what is good to know. */
  readonly warn: (facts: Readonly<Record<string, unknown>>, message: string) => void;
  readonly inform?: BudgetAlertsOptions['warn'];
  readonly delivery?: Pick<DeliveryOptions, 'backOffMs' | 'capacity' | 'random'>;
}

const MOST_WAITING = 1_000;

/** Decides which alerts are due, and sends each once. */
export class BudgetAlerts {
  readonly #options: BudgetAlertsOptions;
  readonly #delivery: Delivery;
  readonly #waiting: Alert[] = [];
  #settings: AlertSettings;
  #telling: Promise<void> | undefined;
  #lookedAtMs = 0;
  #sent = 0;
  #dropped = 0;

  constructor(options: BudgetAlertsOptions) {
    this.#options = options;
    this.#settings = options.settings;
    this.#delivery = new Delivery({
      ...options.delivery,
      post: options.post,
      onSent: () => {
        this.#sent += 1;
      },
      onDropped: (letter, reason) => this.#drop(letter, reason),
    });
  }

  /** Posts that a receiver took. */
  get sent(): number {
    return this.#sent;
  }

  /** Posts and alerts that were given up. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes over a reloaded configuration; budgets that are known already have to be handed to `watch` again. */
  configure(settings: AlertSettings): void {
    this.#settings = settings;
  }

  /** Works out from which spend on a budget has something to tell. */
  watch(budget: WatchedBudget): void {
    budget.alertAt = nextLevel(budget, this.#settings.threshold);
  }

  /** Its spend reached `alertAt`. */
  reached(budget: WatchedBudget): void {
    for (const kind of dueKinds(budget, this.#settings.threshold)) this.#due(kind, budget);
    this.watch(budget);
  }

  /** Its spend fell within its period: it was reset, and what was sent may be sent again. */
  fell(budget: WatchedBudget): void {
    budget.told.clear();
    this.watch(budget);
  }

  /** It refused a request, and not only because of what is under way. */
  refused(budget: WatchedBudget): void {
    if (budget.told.has('exhausted') || budget.max === 0n) return;
    this.#due('exhausted', budget);
    this.watch(budget);
  }

  /** Looks at where spending leads; called every half minute or so. Budgets that were not used since the last look stay as they are. */
  look(budgets: Iterable<WatchedBudget>): void {
    const nowMs = this.#options.clock.nowMs();
    for (const budget of budgets) {
      if (budget.endsAtMs === undefined || budget.seenAtMs < this.#lookedAtMs) continue;
      remember(budget, nowMs);
      if (budget.told.has('forecast') || budget.told.has('exhausted')) continue;
      const found = forecast(budget, nowMs);
      if (found !== undefined) this.#due('forecast', budget, found);
    }
    this.#lookedAtMs = nowMs;
  }

  /** Tells what another feature has to say, unless an instance has told it. */
  announce(notice: Notice): void {
    void this.#announce(notice).catch((error: unknown) => {
      this.#dropped += 1;
      this.#options.warn({ error }, 'An alert could not be noted');
    });
  }

  async #announce({ id, event, message, facts, untilMs, isGood = false }: Notice): Promise<void> {
    const note = `${ALERT_NOTES}notice/${id}`;
    // As for budgets: twice is better than never.
    const isOurs = await this.#options.noteOnce(note, noteUntil(untilMs)).catch(() => true);
    if (!isOurs) return;
    const { warn, inform = warn } = this.#options;
    (isGood ? inform : warn)({ event, ...facts }, message);
    const createdAt = new Date(this.#options.clock.nowMs()).toISOString();
    const sign = isGood ? ':moneybag:' : ':warning:';
    this.#send({ id, event, event_message: message, ...facts, created_at: createdAt }, slackText(sign, message));
  }

  /** Lets what waits go out, at most so long. */
  async close(timeoutMs: number): Promise<void> {
    await Promise.race([this.#telling, new Promise((resolve) => setTimeout(resolve, timeoutMs).unref())]);
    await this.#delivery.close(timeoutMs);
  }

  #due(kind: AlertKind, budget: WatchedBudget, found?: Forecast): void {
    budget.told.add(kind);
    if (this.#waiting.length >= MOST_WAITING) {
      this.#dropped += 1;
      return;
    }
    const atMs = this.#options.clock.nowMs();
    this.#waiting.push({ id: newCallId(atMs), kind, budget, spent: budget.spent, atMs, forecast: found });
    this.#telling ??= this.#tellAll().finally(() => {
      this.#telling = undefined;
    });
  }

  async #tellAll(): Promise<void> {
    for (let alert = this.#waiting.shift(); alert !== undefined; alert = this.#waiting.shift()) {
      if (!(await this.#isOurs(alert))) continue;
      try {
        this.#tell(alert);
      } catch (error) {
        this.#dropped += 1;
        this.#options.warn({ error }, 'A budget alert could not be noted');
      }
    }
  }

  /** A database that is unavailable cannot say which instance sent it: twice is better than never. */
  async #isOurs({ kind, budget }: Alert): Promise<boolean> {
    const { threshold } = this.#settings;
    const word = kind === 'threshold' ? `threshold-${Math.round((threshold ?? 0) * 100)}` : kind;
    // A budget that never resets is another one when it was raised.
    const window = budget.endsAtMs === undefined ? `${budget.window}-${budget.max ?? budget.soft}` : budget.window;
    try {
      return await this.#options.noteOnce(
        `${alertNotesOf(budget.account)}${window}/${word}`,
        noteUntil(budget.endsAtMs),
      );
    } catch {
      return true;
    }
  }

  #tell(alert: Alert): void {
    this.#log(alert);
    this.#send(webhookBody(alert), slackBody(alert));
  }

  #send(plain: JsonObject, forSlack: JsonObject): void {
    const { webhooks, slack, signingSecret } = this.#settings;
    if (webhooks.length > 0) {
      const body = JSON.stringify(plain);
      const headers = (): Record<string, string> =>
        signingSecret === undefined
          ? {}
          : { 'x-sluice-signature': signature(signingSecret, body, this.#options.clock.nowMs()) };
      for (const address of webhooks) this.#delivery.send({ address, body, headers });
    }
    if (slack.length > 0) {
      const body = JSON.stringify(forSlack);
      for (const address of slack) this.#delivery.send({ address, body, headers: noHeaders });
    }
  }

  #log(alert: Alert): void {
    const { kind, budget, spent } = alert;
    const { account, label, max, soft, period, endsAtMs } = budget;
    const isHidden = this.#settings.hidePersonalData && PERSONAL.has(budget.kind);
    const facts = {
      event: eventOf(kind),
      kind: budget.kind,
      ...(!isHidden && { account, label }),
      spent: formatUsd(spent),
      ...(max !== undefined && { max: formatUsd(max) }),
      ...(soft !== undefined && { soft: formatUsd(soft) }),
      percent: percentOf(alert),
      period,
      ...(endsAtMs !== undefined && { resets_at: new Date(endsAtMs).toISOString() }),
      ...(alert.forecast !== undefined && { gone_at: new Date(alert.forecast.goneAtMs).toISOString() }),
    };
    this.#options.warn(facts, isHidden ? `Budget alert: ${eventOf(kind)}` : `Budget alert: ${sentence(alert)}`);
  }

  /** The address is a secret, but for its host. */
  #drop({ address }: Letter, reason: string): void {
    this.#dropped += 1;
    this.#options.warn({ host: URL.parse(address)?.host, reason }, 'A budget alert could not be delivered');
  }
}

const PERSONAL: ReadonlySet<string> = new Set(['user', 'team_member', 'organization_member', 'customer']);

const noHeaders = (): Record<string, string> => ({});
