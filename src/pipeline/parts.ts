import type { Clock } from '../core/clock.ts';
import type { JsonObject } from '../core/json.ts';
import type { InputEstimates } from '../costs/input-estimate.ts';
import type { OutputForecasts } from '../costs/output-forecast.ts';
import type { CountTokens } from '../costs/token-counter.ts';
import type { CacheForecasts } from '../exchange/cache-forecasts.ts';
import type { CachedAnswers } from '../exchange/cached-answers.ts';
import type { CompressedOriginals } from '../exchange/compression.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { QualityFeedback } from '../exchange/quality-feedback.ts';
import type { LimitListener, Slots } from '../exchange/slots.ts';
import type { StoredResponses } from '../exchange/stored-responses.ts';
import type { FormatId } from '../formats/neutral/conversation.ts';
import type { HealthResult } from '../routing/health-results.ts';
import type { Deployment } from '../snapshot/deployment.ts';
import type { RoutingState } from '../snapshot/router.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Charge, Claims } from '../stores/contracts/claims.ts';
import type { Journal } from '../stores/contracts/journal.ts';
import type { SavingsCounts } from '../telemetry/savings-counts.ts';
import type { SettledSink } from '../telemetry/settled.ts';
import type { Tenants } from '../tenancy/tenants.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { ProviderTokens } from './answering/provider-tokens.ts';
import type { RouteRecords } from './diagnosis/route-records.ts';
import type { FreeRates } from './free-rates.ts';
import type { HeavyWork } from './heavy/heavy-work.ts';
import type { BudgetQueue } from './money/budget-queue.ts';
import type { RefusalRows } from './money/refusal-rows.ts';
import type { Shadows } from './shadows.ts';

/** Health checks that someone asked for. */
export interface AskedHealth {
  /** The last result; undefined if there was no check yet. */
  of(id: string): HealthResult | undefined;
  /** The result of this interval: the last one, or that of a check which is made now. */
  check(snapshot: Snapshot, deployment: Deployment): Promise<HealthResult>;
}

/** What the stages work with besides the exchange: made once by `src/gateway/`. */
export interface Parts {
  readonly clock: Clock;
  readonly upstream: Upstream;
  /** Tokens of the providers that take these in place of keys. */
  readonly providerTokens: ProviderTokens;
  readonly routing: RoutingState;
  readonly tenants: Tenants;
  readonly claims: Claims;
  /** Requests that wait for what others hold of a budget. */
  readonly waiting: BudgetQueue;
  readonly journal: Journal;
  /** Whether the database answers; asked at most once a second. */
  readonly isDatabaseUp: () => Promise<boolean>;
  /** False: it was unavailable from the start on, so that not even keys that were seen before are known. */
  readonly wasDatabaseReached: () => boolean;
  /** What answers and prompts were like, for what a request reserves. */
  readonly forecasts: OutputForecasts;
  readonly inputs: InputEstimates;
  /** Budgets of deployments and providers were charged. */
  readonly afterCharges: (charges: readonly Charge[]) => void;
  /** Hears what limits said to requests; undefined if no feature wants to. */
  readonly limitListener: LimitListener | undefined;
  /** The slots as they are filled now for requests of a format; a request keeps those that it came under. */
  readonly slots: (format: FormatId) => Slots<Exchange>;
  /** What is stored for clients; undefined if no feature stores it. */
  readonly storedResponses: StoredResponses | undefined;
  /** The answers that are cached; undefined if no feature caches them. */
  readonly cachedAnswers: CachedAnswers | undefined;
  /** What compression shortened, as it was; undefined if no feature compresses. */
  readonly compressedOriginals: CompressedOriginals | undefined;
  /** What caches would do with requests. */
  readonly cacheForecasts: CacheForecasts;
  /** Takes what callers say of answers; undefined if nothing learns from it. */
  readonly feedback: QualityFeedback | undefined;
  /** Copies of requests that go to other groups. */
  readonly shadows: Shadows;
  readonly sink: SettledSink;
  /** Counts what rows say was saved. */
  readonly savings: Pick<SavingsCounts, 'take'>;
  readonly routes: RouteRecords;
  /** How often each key asks for what costs nothing. */
  readonly freeRates: FreeRates;
  /** Which refused requests leave a row in the ledger. */
  readonly refusalRows: RefusalRows;
  readonly askedChecks: AskedHealth;
  /** The route of a request that this process or another worker served; undefined if no process remembers it. */
  readonly routeOf: (callId: string) => Promise<JsonObject | undefined>;
  readonly countTokens: CountTokens;
  /** Parses and writes large bodies, on a thread of its own. */
  readonly heavy: HeavyWork;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Reports a fault of the gateway that no client waits for. */
  readonly onFault: (what: string, error: unknown) => void;
}
