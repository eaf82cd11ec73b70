import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { GatewayError } from '../../core/errors.ts';
import type { Client } from '../../exchange/client.ts';
import { BudgetQueue } from './budget-queue.ts';

const ACCOUNT = [{ id: 'key:a' }];

/** A client that may hang up. */
class TestClient {
  isGone = false;
  #onGone: (() => void) | undefined;

  onGone(callback: (() => void) | undefined): void {
    this.#onGone = callback;
  }

  hangUp(): void {
    this.isGone = true;
    this.#onGone?.();
  }
}

const asClient = (client: TestClient): Client => client as unknown as Client;
const stays = (): Client => asClient(new TestClient());

/** Room for so many requests, and who was served. */
class TestBudget {
  room = 0;
  tries = 0;
  readonly served: string[] = [];

  readonly asking =
    (name: string, size = 1) =>
    async (isLast: boolean) => {
      this.tries += 1;
      if (this.room >= size) {
        this.room -= size;
        this.served.push(name);
        return name;
      }
      if (isLast) throw new GatewayError('budget_held', 'no room');
      return undefined;
    };
}

test('requests are served in the order in which they came, as soon as others release what they hold', async () => {
  const queue = new BudgetQueue(() => 0);
  const budget = new TestBudget();
  const waiting = ['a', 'b', 'c'].map((name) => queue.wait('key:a', stays(), budget.asking(name)));
  assert.equal(queue.waitingFor('key:a'), 3);
  budget.room = 2;
  queue.released(ACCOUNT);
  assert.deepEqual(await Promise.all(waiting.slice(0, 2)), ['a', 'b']);
  assert.equal(queue.size, 1);
  budget.room = 1;
  queue.released(ACCOUNT);
  assert.equal(await waiting[2], 'c');
  assert.deepEqual(budget.served, ['a', 'b', 'c']);
  assert.equal(queue.size, 0);
});

test('what is released elsewhere is found within a moment', async () => {
  const queue = new BudgetQueue(() => 0);
  const budget = new TestBudget();
  const waiting = queue.wait('key:a', stays(), budget.asking('a'));
  budget.room = 1;
  assert.equal(await waiting, 'a');
});

test('a client that hangs up leaves the line at once', async () => {
  const queue = new BudgetQueue(() => 0);
  const budget = new TestBudget();
  const client = new TestClient();
  const leaving = queue.wait('key:a', asClient(client), budget.asking('leaves'));
  const staying = queue.wait('key:a', stays(), budget.asking('stays'));
  client.hangUp();
  await assert.rejects(leaving, { code: 'client_gone' });
  assert.equal(queue.size, 1);
  budget.room = 2;
  queue.released(ACCOUNT);
  assert.equal(await staying, 'stays');
  assert.deepEqual(budget.served, ['stays']);
});

test('a request that has waited for ten seconds is tried once more, and refused', async () => {
  let nowMs = 0;
  const queue = new BudgetQueue(() => nowMs);
  const budget = new TestBudget();
  const waiting = queue.wait('key:a', stays(), budget.asking('a'));
  nowMs = 9_999;
  await wait(120);
  assert.equal(queue.size, 1);
  nowMs = 10_000;
  await assert.rejects(waiting, { code: 'budget_held' });
  assert.equal(queue.size, 0);
});

test('a few small requests may pass a large one, but a long line is not tried to its end', async () => {
  const queue = new BudgetQueue(() => 0);
  const budget = new TestBudget();
  const large = [1, 2].map((number) => queue.wait('key:a', stays(), budget.asking(`large ${number}`, 10)));
  const small = queue.wait('key:a', stays(), budget.asking('small'));
  const others = Array.from({ length: 50 }, () => queue.wait('key:a', stays(), budget.asking('other', 10)));
  budget.room = 1;
  queue.released(ACCOUNT);
  assert.equal(await small, 'small');
  await wait(5);
  assert.ok(budget.tries < 10, `${budget.tries} tries`);
  budget.room = 1_000;
  await Promise.all([...large, ...others]);
});

test('a line has an end: a request beyond it is tried once and refused', async () => {
  const queue = new BudgetQueue(() => 0);
  const budget = new TestBudget();
  const waiting = Array.from({ length: 2_000 }, () => queue.wait('key:a', stays(), budget.asking('waits')));
  await assert.rejects(queue.wait('key:a', stays(), budget.asking('beyond')), { code: 'budget_held' });
  const other = queue.wait('key:b', stays(), budget.asking('elsewhere'));
  assert.equal(queue.size, 2_001);
  budget.room = 3_000;
  await Promise.all([...waiting, other]);
});
