/** One replay: tenants with budgets, the real claims in memory, and a clock that jumps from event to event. */
import { extendedReserve } from '../../src/costs/claim-amounts.ts';
import { OutputForecasts } from '../../src/costs/output-forecast.ts';
import type { ClaimAccount, Reserve } from '../../src/stores/contracts/claims.ts';
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
interface TenantOutcome {
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
/** A stream is looked at every 16 KiB; a token comes in about 200 bytes of JSON. */
const TOKENS_BETWEEN_LOOKS = 80;
/** A prompt has at least as many bytes as tokens; English has about four. */
const BYTES_PER_TOKEN = 4;

interface Tenant {
  account: ClaimAccount;
  budget: bigint;
  spent: bigint;
}

/** A request under way. */
interface Open {
  readonly id: string;
  readonly tenant: Tenant;
  readonly request: TracedRequest;
  readonly likelyInput: number;
  readonly cap: number | undefined;
  readonly startedAtMs: number;
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

  const settle = async (open: Open, outputTokens: number): Promise<void> => {
    const { id, tenant, request, cap } = open;
    const { inputTokens } = request;
    const cost = costOf(inputTokens, outputTokens);
    if (outputTokens < request.outputTokens) cut += 1;
    if (outputTokens === request.outputTokens || cap !== undefined) {
      forecasts.observe('model', tenant.account.id, 'chat', outputTokens, cap);
    }
    await claims.settle({ id, nowMs: queue.nowMs, cost, inputTokens, outputTokens, charges: [] });
    tenant.spent += cost;
  };

  /** Looks at a stream again and again, as long as it runs: after a few tokens each time. */
  const watch = (open: Open, reserved: Reserve, outputTokens: number): void => {
    const next = Math.min(outputTokens + TOKENS_BETWEEN_LOOKS, open.request.outputTokens);
    queue.at(open.startedAtMs + next * TOKEN_MS, async () => {
      if (next === open.request.outputTokens) return settle(open, next);
      const answerCost = BigInt(next) * CARD.output.base;
      const cost = BigInt(open.likelyInput) * CARD.input.base + answerCost;
      const wanted = extendedReserve(reserved, { cost, answerCost });
      if (wanted === undefined) return watch(open, reserved, next);
      const outcome = await claims.extend(open.id, { ...wanted, nowMs: queue.nowMs });
      if (outcome.kind === 'granted') watch(open, wanted, next);
      // What it may cost beyond its hold was counted when it was admitted: up to there it goes on.
      else if (cost <= reserved.hold + reserved.exposure) watch(open, reserved, next);
      else await settle(open, next);
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
      const { cap, hold, exposure } = outcome;
      const open = { id, tenant, request, likelyInput: likely, cap, startedAtMs: queue.nowMs + FIRST_TOKEN_MS };
      if (isStreamed && exposure > 0n) return watch(open, { hold, exposure }, 0);
      const outputTokens = Math.min(request.outputTokens, cap ?? Number.POSITIVE_INFINITY);
      queue.at(open.startedAtMs + outputTokens * TOKEN_MS, () => settle(open, outputTokens));
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
