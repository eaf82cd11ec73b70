import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../core/json.ts';
import { type AlertSettings, BudgetAlerts, type BudgetAlertsOptions } from './budget-alerts.ts';
import type { WatchedBudget } from './watched-budget.ts';

const WITHIN = { timeout: 20_000 };
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const USD = 1_000_000_000_000n;
/** A period that began ten days ago. */
const STARTS_MS = Date.UTC(2026, 10, 1);

const SETTINGS: AlertSettings = {
  threshold: 0.8,
  webhooks: ['http://receiver.test/hook'],
  slack: [],
  hidePersonalData: false,
};

function budget(more: Partial<WatchedBudget> = {}): WatchedBudget {
  return {
    account: 'user:ada',
    kind: 'user',
    label: 'User=ada',
    owner: { userId: 'ada' },
    max: 100n * USD,
    soft: undefined,
    period: '1mo',
    window: `1mo@${STARTS_MS}`,
    startsAtMs: STARTS_MS,
    endsAtMs: STARTS_MS + 30 * DAY_MS,
    spent: 0n,
    seenAtMs: 0,
    alertAt: 0n,
    told: new Set(),
    recent: undefined,
    earlier: undefined,
    ...more,
  };
}

/** Alerts with a clock that the test moves, notes in memory, and a receiver that takes everything. */
function world(settings: Partial<AlertSettings> = {}, more: Partial<BudgetAlertsOptions> = {}) {
  const posts: JsonObject[] = [];
  const lines: { readonly facts: Readonly<Record<string, unknown>>; readonly message: string }[] = [];
  const notes = new Map<string, string>();
  const clock = { now: STARTS_MS + 10 * DAY_MS };
  const alerts = new BudgetAlerts({
    clock: { nowMs: () => clock.now, monotonicMs: () => clock.now },
    settings: { ...SETTINGS, ...settings },
    noteOnce: async (name, value) => !notes.has(name) && notes.set(name, value) !== undefined,
    post: async (_address, body) => {
      posts.push(JSON.parse(body) as JsonObject);
      return { status: 200 };
    },
    warn: (facts, message) => lines.push({ facts, message }),
    ...more,
  });
  const spend = (watched: WatchedBudget, spent: bigint): void => {
    watched.spent = spent;
    watched.seenAtMs = clock.now;
    if (spent >= watched.alertAt) alerts.reached(watched);
  };
  return { alerts, posts, lines, notes, clock, spend };
}

test(
  'a forecast is sent once, says when the money is gone, and is followed by the threshold and the end',
  WITHIN,
  async () => {
    const { alerts, posts, clock, spend } = world();
    const watched = budget();
    alerts.watch(watched);
    spend(watched, 70n * USD);
    alerts.look([watched]);
    alerts.look([watched]);
    clock.now += HOUR_MS;
    spend(watched, 71n * USD);
    alerts.look([watched]);
    await wait(20);
    assert.deepEqual(
      posts.map(({ event }) => event),
      ['projected_limit_exceeded'],
    );
    assert.match(
      String(posts[0]?.event_message),
      /^The budget of User=ada will be gone in 4 days at this rate: it has spent 70 of 100 USD \(70 %\)\./,
    );
    assert.equal(posts[0]?.projected_exceeded_date, '2026-11-15');
    assert.equal(posts[0]?.projected_spend, 210);
    assert.equal(posts[0]?.projected_from, 'period');
    spend(watched, 80n * USD);
    spend(watched, 90n * USD);
    spend(watched, 101n * USD);
    alerts.refused(watched);
    alerts.look([watched]);
    await wait(20);
    assert.deepEqual(
      posts.map(({ event }) => event),
      ['projected_limit_exceeded', 'threshold_crossed', 'budget_crossed'],
    );
    assert.equal(alerts.sent, 3);
  },
);

test('a budget that was not used since the last look is not looked at', WITHIN, async () => {
  const { alerts, posts, clock } = world();
  alerts.look([]);
  clock.now += 1;
  alerts.look([budget({ spent: 70n * USD, seenAtMs: clock.now - 2 })]);
  await wait(20);
  assert.deepEqual(posts, []);
});

test(
  'what another instance told is not told again; a lifetime budget that was raised is another budget',
  WITHIN,
  async () => {
    const { alerts, posts, notes, spend } = world();
    const here = budget({ endsAtMs: undefined, window: 'ever', startsAtMs: 0 });
    const there = budget({ endsAtMs: undefined, window: 'ever', startsAtMs: 0 });
    for (const watched of [here, there]) {
      alerts.watch(watched);
      spend(watched, 85n * USD);
    }
    await wait(20);
    assert.equal(posts.length, 1);
    assert.deepEqual([...notes.values()], ['ever']);
    const raised = budget({ endsAtMs: undefined, window: 'ever', startsAtMs: 0, max: 200n * USD });
    alerts.watch(raised);
    spend(raised, 170n * USD);
    await wait(20);
    assert.equal(posts.length, 2);
  },
);

test('while the database is unavailable an alert is sent rather than lost', WITHIN, async () => {
  const { alerts, posts, spend } = world({}, { noteOnce: () => Promise.reject(new Error('away')) });
  const watched = budget();
  alerts.watch(watched);
  spend(watched, 85n * USD);
  spend(watched, 86n * USD);
  await wait(20);
  assert.equal(posts.length, 1);
});

test('with personal data hidden the log names no user, and still says what happened', WITHIN, async () => {
  const { alerts, lines, spend } = world({ hidePersonalData: true, webhooks: [] });
  const watched = budget();
  alerts.watch(watched);
  spend(watched, 85n * USD);
  await wait(20);
  assert.equal(lines.length, 1);
  assert.doesNotMatch(JSON.stringify(lines), /ada/);
  assert.deepEqual(
    [lines[0]?.facts.event, lines[0]?.facts.kind, lines[0]?.facts.percent],
    ['threshold_crossed', 'user', 85],
  );
});

test('without a threshold only the end and soft budgets are reported', WITHIN, async () => {
  const { alerts, posts, spend } = world({ threshold: undefined });
  const watched = budget({ soft: 50n * USD });
  alerts.watch(watched);
  for (const usd of [49n, 50n, 90n, 99n, 100n]) spend(watched, usd * USD);
  await wait(20);
  assert.deepEqual(
    posts.map(({ event }) => event),
    ['soft_budget_crossed', 'budget_crossed'],
  );
});

test('more alerts than can wait are counted and dropped, not kept', WITHIN, async () => {
  const held = Promise.withResolvers<boolean>();
  const { alerts, spend } = world({ webhooks: [] }, { noteOnce: () => held.promise });
  for (let count = 0; count < 1_500; count++) {
    const watched = budget({ account: `user:${count}` });
    alerts.watch(watched);
    spend(watched, 85n * USD);
  }
  assert.ok(alerts.dropped >= 499 && alerts.dropped <= 500, `${alerts.dropped} dropped`);
  held.resolve(false);
  await alerts.close(1_000);
});
