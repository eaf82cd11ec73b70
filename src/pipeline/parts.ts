import type { Clock } from '../core/clock.ts';
import type { JsonObject } from '../core/json.ts';
import type { InputEstimates } from '../costs/input-estimate.ts';
import type { OutputForecasts } from '../costs/output-forecast.ts';
import type { Charge, Claims } from '../stores/contracts/claims.ts';
import type { Journal } from '../stores/contracts/journal.ts';
import type { SettledSink } from '../telemetry/settled.ts';
import type { Tenants } from '../tenancy/tenants.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { BudgetSights } from './budget-sights.ts';
import type { CountTokens } from './estimate.ts';
import type { RouteRecords } from './route-records.ts';
import type { RoutingState } from './router.ts';

/** What the stages work with besides the exchange: made once by `gateway.ts`. */
export interface Parts {
  readonly clock: Clock;
  readonly upstream: Upstream;
  readonly routing: RoutingState;
  readonly tenants: Tenants;
  readonly claims: Claims;
  readonly journal: Journal;
  /** Whether the database answers; asked at most once a second. */
  readonly isDatabaseUp: () => Promise<boolean>;
  /** What answers and prompts were like, for what a request reserves. */
  readonly forecasts: OutputForecasts;
  readonly inputs: InputEstimates;
  /** Budgets of deployments and providers were charged. */
  readonly afterCharges: (charges: readonly Charge[]) => void;
  /** What requests see of budgets, for alerts and gauges. */
  readonly sights: BudgetSights;
  readonly sink: SettledSink;
  readonly routes: RouteRecords;
  /** Which way a request went that this process or one beside it had; undefined where none remembers it. */
  readonly routeOf: (callId: string) => Promise<JsonObject | undefined>;
  readonly countTokens: CountTokens;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Reports a fault of ours that no client waits for. */
  readonly onFault: (what: string, error: unknown) => void;
}
