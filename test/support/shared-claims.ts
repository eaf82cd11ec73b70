/** Instances that share a Redis, each with a journal that reaches one ledger later, as tests of claims need them. */
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '../../src/core/clock.ts';
import type { ClaimAccount, ClaimOutcome, MoneyLimit, OrphanedClaim } from '../../src/stores/contracts/claims.ts';
import { RedisClaims, type RedisClaimsOptions } from '../../src/stores/redis/claims.ts';
import type { RedisStatus } from '../../src/stores/redis/link.ts';

/** A budget that never resets. */
export const ever = (max: bigint, debt = 0n): MoneyLimit => ({ max, window: 'ever', startsAtMs: 0, debt });

/** What was spent, by the accounts of each row: written once by id, as a database does. */
export class TestLedger {
  readonly rows = new Map<
    string,
    { readonly accounts: readonly string[]; readonly cost: bigint; readonly isOrphan: boolean }
  >();
  asked = 0;
  isAway = false;

  write(id: string, accounts: readonly string[], cost: bigint, isOrphan = false): void {
    const before = this.rows.get(id);
    if (before === undefined || before.isOrphan) this.rows.set(id, { accounts, cost, isOrphan });
  }

  async spent(account: string): Promise<bigint> {
    this.asked += 1;
    await wait(1);
    if (this.isAway) throw new Error('the ledger is unavailable');
    let sum = 0n;
    for (const row of this.rows.values()) if (row.accounts.includes(account)) sum += row.cost;
    return sum;
  }
}

const FLUSH_MS = 40;

/** One instance: claims, and the journal of what it settled. */
export class TestInstance {
  readonly claims: RedisClaims;
  readonly statuses: RedisStatus[] = [];
  readonly warnings: string[] = [];
  readonly orphans: OrphanedClaim[] = [];
  readonly ledger: TestLedger;
  /** Rows that are not in the ledger yet. */
  #journal: (readonly [id: string, accounts: readonly string[], cost: bigint])[] = [];
  readonly #flusher: NodeJS.Timeout;

  constructor(port: number, ledger: TestLedger, more: Partial<RedisClaimsOptions> = {}) {
    this.ledger = ledger;
    this.claims = new RedisClaims({
      address: { host: '127.0.0.1', port, database: 0, isTls: false },
      clock: systemClock,
      random: Math.random,
      seed: (account) => ledger.spent(account),
      onEmptied: async () => this.flush(),
      onOrphan: (orphan) => {
        this.orphans.push(orphan);
        ledger.write(orphan.id, JSON.parse(orphan.note) as string[], orphan.hold, true);
        return orphan.hold;
      },
      onStatus: (status) => this.statuses.push(status),
      onWarning: (warning) => this.warnings.push(warning),
      ...more,
    });
    this.#flusher = setInterval(() => !ledger.isAway && this.flush(), FLUSH_MS);
    this.#flusher.unref();
  }

  flush(): void {
    if (this.ledger.isAway) throw new Error('the ledger is unavailable');
    for (const row of this.#journal.splice(0)) this.ledger.write(...row);
  }

  async becomes(isUp: boolean, withinMs = 5_000): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (this.claims.isUp !== isUp) {
      if (performance.now() > deadline) assert.fail(`not ${isUp ? 'up' : 'down'} within ${withinMs} ms`);
      await wait(5);
    }
  }

  async claim(id: string, accounts: readonly ClaimAccount[], hold: bigint): Promise<ClaimOutcome> {
    const amounts = { inputTokens: 1, outputTokens: 1, hold, exposure: 0n };
    const note = JSON.stringify(accounts.map((account) => account.id));
    return await this.claims.claim({ id, nowMs: Date.now(), accounts, amounts, note });
  }

  /** Settles, and journals the row when that has been delivered or kept. */
  async settle(id: string, accounts: readonly ClaimAccount[], cost: bigint): Promise<void> {
    await this.claims.settle({ id, nowMs: Date.now(), cost, inputTokens: 1, outputTokens: 1, charges: [] });
    this.#journal.push([id, accounts.map((account) => account.id), cost]);
  }

  /** Sends a request: claimed, under way for a moment, settled at `cost`. Gives whether it was granted. */
  async send(id: string, accounts: readonly ClaimAccount[], hold: bigint, cost: bigint): Promise<boolean> {
    const outcome = await this.claim(id, accounts, hold);
    if (outcome.kind === 'refused') return false;
    await wait(Math.random() * 10);
    await this.settle(id, accounts, cost);
    return true;
  }

  async close(): Promise<void> {
    clearInterval(this.#flusher);
    await this.claims.close();
  }
}
