/** One replay: tenants with budgets, the real claims in memory, and a clock that jumps from event to event. */
import { extendedHold } from '../../src/costs/claim-amounts.ts';
import { OutputForecasts } from '../../src/costs/output-forecast.ts';
import type { ClaimAccount, ClaimAmounts } from '../../src/stores/contracts/claims.ts';
import { MemoryClaims } from '../../src/stores/memory/claims.ts';
import { EventQueue } from './event-queue.ts';
import { CARD, type Policy } from './policies.ts';
import { seededRandom } from './random.ts';
import type { TracedRequest } from './trace.ts';

/** How a replay is set up. */
export interface Setup {
  readonly seed: number;
  readonly tenants: number;
  /** 0: every tenant sends as much as the next; 1: the nth sends an nth of what the first does (Zipf). */
  readonly skew: number;
  /** What part of the money a tenant's traffic wants it has. */
  readonly budgetShare: number;
  /** How far the count of a prompt's tokens may be wrong, both ways: 0.15. */
  readonly inputError: number;
  /** What part of the answers are streamed. */
  readonly streamed: number;
  /** How much faster than it was the traffic comes. */
  readonly pace: number;
}

/** What became of one tenant. */
export interface TenantOutcome {
  readonly budget: bigint;
  readonly spent: bigint;
}

/** What became of all. */
export interface ReplayOutcome {
  readonly tenants: readonly TenantOutcome[];
  readonly requests: number;
  readonly refused: number;
  /** Answers that ended earlier than they would have. */
  readonly cut: number;
  /** Claims that were left open: none, or something is wrong. */
  readonly leftOpen: number;
}

const FIRST_TOKEN_MS = 300;
const TOKEN_MS = 20;
/** A prompt has at least as many bytes as tokens; English has about four. */
const BYTES_PER_TOKEN = 4;

interface Tenant {
  account: ClaimAccount;
  budget: bigint;
  spent: bigint;
}

/** Replays a trace by one policy. */
export async function simulate(trace: readonly TracedRequest[], policy: Policy, setup: Setup): Promise<ReplayOutcome> {
  const random = seededRandom(setup.seed);
  const tenantOf = assignment(trace.length, setup, random);
  const tenants = makeTenants(trace, tenantOf, policy, setup);
  const byAccount = new Map(tenants.map((tenant) => [tenant.account.id, tenant]));
  const queue = new EventQueue();
  const clock = { nowMs: () => queue.nowMs, monotonicMs: () => queue.nowMs };
  // Counters that were idle for long are dropped and asked for again.
  const claims = new MemoryClaims({ clock, seed: (account) => byAccount.get(account)?.spent ?? 0n });
  const forecasts = new OutputForecasts();
  let refused = 0;
  let cut = 0;

  const settle = async (id: string, tenant: Tenant, request: TracedRequest, outputTokens: number): Promise<void> => {
    const { inputTokens } = request;
    const cost = costOf(inputTokens, outputTokens);
    if (outputTokens < request.outputTokens) cut += 1;
    else forecasts.observe('model', tenant.account.id, 'chat', outputTokens);
    await claims.settle({ id, nowMs: queue.nowMs, cost, inputTokens, outputTokens, charges: [] });
    tenant.spent += cost;
  };

  const stream = (id: string, tenant: Tenant, request: TracedRequest, amounts: ClaimAmounts, until: number): void => {
    const startedAtMs = request.atMs / setup.pace + FIRST_TOKEN_MS;
    if (request.outputTokens <= until) {
      queue.at(startedAtMs + request.outputTokens * TOKEN_MS, () => settle(id, tenant, request, request.outputTokens));
      return;
    }
    queue.at(startedAtMs + until * TOKEN_MS, async () => {
      const wanted = extendedHold(amounts, 1, until);
      const outcome = wanted && (await claims.extend(id, { ...wanted, nowMs: queue.nowMs }));
      if (wanted === undefined) stream(id, tenant, request, amounts, Number.POSITIVE_INFINITY);
      else if (outcome?.kind === 'granted') stream(id, tenant, request, amounts, wanted.untilOutputTokens);
      else await settle(id, tenant, request, until);
    });
  };

  for (const [index, request] of trace.entries()) {
    const tenant = tenants[tenantOf[index] ?? 0];
    if (tenant === undefined) continue;
    const likely = Math.round(request.inputTokens * (1 + setup.inputError * (2 * random() - 1)));
    const isStreamed = random() < setup.streamed;
    const id = String(index);
    queue.at(request.atMs / setup.pace, async () => {
      const amounts = policy.amounts({
        inputTokens: { likely, atMost: request.inputTokens * BYTES_PER_TOKEN },
        forecast: forecasts.forecast('model', tenant.account.id, 'chat'),
      });
      const claimed = claims.claim({ id, nowMs: queue.nowMs, accounts: [tenant.account], amounts });
      const outcome = claimed instanceof Promise ? await claimed : claimed;
      if (outcome.kind === 'refused') {
        refused += 1;
        return;
      }
      const most = outcome.cap ?? Number.POSITIVE_INFINITY;
      if (isStreamed && policy.minds && outcome.cap === undefined) {
        stream(id, tenant, request, amounts, amounts.outputTokens);
        return;
      }
      const outputTokens = Math.min(request.outputTokens, most);
      const doneAtMs = queue.nowMs + FIRST_TOKEN_MS + outputTokens * TOKEN_MS;
      queue.at(doneAtMs, () => settle(id, tenant, request, outputTokens));
    });
  }
  await queue.run();
  const leftOpen = claims.open;
  await claims.close();
  return { tenants, requests: trace.length, refused, cut, leftOpen };
}

function costOf(inputTokens: number, outputTokens: number): bigint {
  return BigInt(inputTokens) * CARD.input.base + BigInt(outputTokens) * CARD.output.base;
}

function assignment(requests: number, { tenants, skew }: Setup, random: () => number): readonly number[] {
  const shares = Array.from({ length: tenants }, (_, index) => 1 / (index + 1) ** skew);
  const whole = shares.reduce((sum, share) => sum + share, 0);
  return Array.from({ length: requests }, () => {
    let left = random() * whole;
    const chosen = shares.findIndex((share) => {
      left -= share;
      return left < 0;
    });
    return chosen < 0 ? tenants - 1 : chosen;
  });
}

function makeTenants(
  trace: readonly TracedRequest[],
  tenantOf: readonly number[],
  policy: Policy,
  setup: Setup,
): readonly Tenant[] {
  const wanted = new Array<bigint>(setup.tenants).fill(0n);
  for (const [index, { inputTokens, outputTokens }] of trace.entries()) {
    const tenant = tenantOf[index] ?? 0;
    wanted[tenant] = (wanted[tenant] ?? 0n) + costOf(inputTokens, outputTokens);
  }
  return wanted.map((sum, index) => {
    const budget = share(sum, setup.budgetShare);
    const debt = share(budget, policy.debtRatio);
    const money = [{ max: budget, window: 'ever', startsAtMs: 0, debt }];
    return { account: { id: `key:${index}`, money }, budget, spent: 0n };
  });
}

function share(amount: bigint, ratio: number): bigint {
  return (amount * BigInt(Math.round(ratio * 1_000_000))) / 1_000_000n;
}
