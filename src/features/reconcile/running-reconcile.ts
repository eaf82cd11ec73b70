import { setTimeout as wait } from 'node:timers/promises';
import { type Asking, ReportError } from '../../billing/ask-reports.ts';
import { keyView } from '../../billing/key-view.ts';
import { accessTo, billOf, listKeys } from '../../billing/provider-bill.ts';
import { agreement, type BillReport } from '../../billing/report.ts';
import type { ReconcileConfig } from '../../billing/settings.ts';
import type { LedgerSource } from '../../billing/sources.ts';
import type { GatewayConfig } from '../../config/gateway-config.ts';
import { ownValue } from '../../core/own-value.ts';
import { findProvider } from '../../providers/index.ts';
import { alertNotesOf, noteUntil } from '../../stores/contracts/alert-notes.ts';
import { rowsInOrder } from '../../stores/contracts/rows-in-order.ts';
import type { RunningFeature, World } from '../feature.ts';

const DAY_MS = 86_400_000;
/** Days are compared again in later turns, and told once. */
const REMEMBERED_MS = 30 * DAY_MS;
const LONGEST_LOOK_MS = 60_000;
const ANSWER_WITHIN_MS = 60_000;
const LARGEST_ANSWER = 64 * 1024 * 1024;

/** Runs comparisons. Fills no slot: no request waits for it. */
export class RunningReconcile implements RunningFeature<ReconcileConfig> {
  readonly readings = {
    sluice_reconcile_agreement_ratio: () => Math.min(1, ...[...this.#reports.values()].map(agreement)),
    sluice_reconcile_unmatched_usd: () => this.#sum(unmatchedUsd),
    sluice_reconcile_unpriced_calls: () => this.#sum(({ unpriced }) => unpriced.count),
    sluice_reconcile_runs_total: () => this.#runs,
    sluice_reconcile_failures_total: () => this.#failures,
    sluice_reconcile_last_run_timestamp_seconds: () => this.#lastRunMs / 1_000,
  };
  readonly #world: World;
  readonly #reports = new Map<string, BillReport>();
  readonly #ending = new AbortController();
  #runs = 0;
  #failures = 0;
  #lastRunMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  hooks(settings: ReconcileConfig | undefined, config: GatewayConfig): undefined {
    clearInterval(this.#timer);
    const everyMs = settings?.everyMs;
    if (settings === undefined || everyMs === undefined) return;
    const look = (): void => this.#look(settings, everyMs, config);
    this.#timer = setInterval(look, Math.min(everyMs, LONGEST_LOOK_MS));
    this.#timer.unref();
  }

  async close(timeoutMs: number): Promise<void> {
    clearInterval(this.#timer);
    this.#ending.abort();
    await Promise.race([this.#running, wait(timeoutMs, undefined, { ref: false })]);
  }

  #look(settings: ReconcileConfig, everyMs: number, config: GatewayConfig): void {
    if (this.#running !== undefined) return;
    this.#running = this.#runOnce(settings, everyMs, config)
      .catch((error: unknown) => {
        if (!this.#ending.signal.aborted) this.#world.onFault('bills could not be compared', error);
      })
      .finally(() => {
        this.#running = undefined;
      });
  }

  /** One instance of all compares in each turn. One that dies in the middle leaves its days to the next turn. */
  async #runOnce(settings: ReconcileConfig, everyMs: number, config: GatewayConfig): Promise<void> {
    const { clock, directory } = this.#world;
    const turn = Math.floor(clock.nowMs() / everyMs);
    const note = `${alertNotesOf('reconcile')}${everyMs}/${turn}`;
    if (!(await directory.noteOnce(note, noteUntil((turn + 1) * everyMs)))) return;
    const toMs = Math.floor((clock.nowMs() - settings.delayMs) / DAY_MS) * DAY_MS;
    const span = { fromMs: toMs - settings.days * DAY_MS, toMs };
    for (const name of Object.keys(settings.providers)) {
      if (this.#ending.signal.aborted) return;
      await this.#compare(name, span, settings, config);
    }
  }

  async #compare(
    name: string,
    span: { readonly fromMs: number; readonly toMs: number },
    settings: ReconcileConfig,
    config: GatewayConfig,
  ): Promise<void> {
    this.#runs += 1;
    this.#lastRunMs = this.#world.clock.nowMs();
    try {
      const report = await this.#reportOn(name, span, settings, config);
      this.#reports.set(name, report);
      this.#judge(report, settings.least);
    } catch (error) {
      if (!(error instanceof ReportError || error instanceof RangeError)) throw error;
      this.#failures += 1;
      this.#world.notify({
        id: `reconcile/${name}/unreadable/${dateOf(span.toMs)}`,
        event: 'reconcile_failed',
        message: `The bill of ${name} could not be compared with the ledger: ${error.message}`,
        facts: { provider: name },
        untilMs: span.toMs + REMEMBERED_MS,
      });
    }
  }

  async #reportOn(
    name: string,
    span: { readonly fromMs: number; readonly toMs: number },
    { providers, aliases }: ReconcileConfig,
    config: GatewayConfig,
  ): Promise<BillReport> {
    const provider = findProvider(name) ?? undefined;
    if (provider === undefined) throw new ReportError(`there is no provider ${JSON.stringify(name)}`);
    const own = ownValue(providers, name);
    // Variables of the environment were filled in when the file was read.
    const { reports, access } = accessTo(provider, own, {});
    const asking = this.#asking(own?.baseUrl ?? reports.baseUrl, provider.title);
    const deployments = config.deployments
      .filter((each) => findProvider(each.provider)?.name === provider.name)
      .map(({ id, apiKey }) => ({ id, apiKey }));
    const keys = keyView(deployments, await listKeys(reports, access, asking), own?.keys);
    const bill = billOf(reports, access, span, asking);
    const onProgress = (): void => undefined;
    const { reconcile } = await import('../../billing/reconcile.ts');
    return reconcile({ provider: provider.name, ...span, bill, keys, ledger: this.#ledger(), aliases, onProgress });
  }

  #asking(base: string, title: string): Asking {
    return {
      title,
      ask: ({ path, headers, body }) =>
        this.#world.request(base.replace(/\/+$/, '') + path, {
          ...{
            headers: { accept: 'application/json', ...headers },
            timeoutMs: ANSWER_WITHIN_MS,
            mostBytes: LARGEST_ANSWER,
          },
          ...(body !== undefined && { body }),
        }),
      wait: (ms) => wait(ms, undefined, { ref: false, signal: this.#ending.signal }),
      onPage: () => undefined,
    };
  }

  #ledger(): LedgerSource {
    const { ledger } = this.#world;
    return {
      rows: (fromMs, toMs) => rowsInOrder(ledger, { fromMs, toMs }),
      sums: (fromDate, toDate, provider) => ledger.activity({ fromDate, toDate, provider }, ['date', 'model']),
    };
  }

  #judge(report: BillReport, least: number): void {
    const share = agreement(report);
    const { provider, from, to, differences, more_differences, prices, unpriced } = report;
    const facts = {
      ...{ provider, from, to, agreement: share, matched: report.matched },
      ...{ prices_agree: report.prices_agree, differences: differences.length + more_differences },
      ...{ price_differences: prices.length, unpriced_calls: unpriced.count, unmatched_usd: unmatchedUsd(report) },
    };
    if (share >= least) {
      this.#world.log.app.info(facts, 'The bill of a provider agrees with the ledger');
      return;
    }
    this.#world.notify({
      id: `reconcile/${provider}/${from}/${to}`,
      event: 'reconcile_mismatch',
      message:
        `The bill of ${provider} from ${from} to ${to} agrees with the ledger to ${(Math.floor(share * 100_000) / 1_000).toFixed(3)} % only: ` +
        `${facts.differences} differences of counts, ${prices.length} of prices. \`sluice reconcile\` names them.`,
      facts,
      untilMs: Date.parse(to) + REMEMBERED_MS,
    });
  }

  #sum(of: (report: BillReport) => number): number {
    return [...this.#reports.values()].reduce((sum, report) => sum + of(report), 0);
  }
}

const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

const unmatchedUsd = ({ differences }: BillReport): number =>
  differences.reduce((sum, { usd }) => sum + Math.abs(Number(usd)), 0);
