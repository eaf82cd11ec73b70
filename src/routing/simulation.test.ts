/**
 * The router in a world of its own: a clock that only events move, upstreams that fail by seeded chance, and many requests at
 * once that share breakers and budgets. A failing schedule prints its seed; run it alone with SEED=n.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../core/clock.ts';
import { ERRORS, type ErrorCode } from '../core/errors.ts';
import { type BreakerSettings, Breakers } from './breaker.ts';
import type { AttemptFailure, GiveUpReason, PlannedGroup, Step, WalkPolicy } from './contracts.ts';
import type { Routable } from './model-groups.ts';
import { RetryBudget, type RetryBudgetSettings } from './retry-budget.ts';
import { Walk } from './walk.ts';

interface Target extends Routable {
  readonly upstream: string;
  readonly windowTokens: number;
}

/** How an upstream answers one attempt. */
interface Answer {
  readonly afterMs: number;
  readonly failure?: AttemptFailure;
}

interface Attempt {
  readonly id: string;
  readonly group: string;
  readonly atMs: number;
  readonly request: Request;
  readonly isProbe: boolean;
  endMs?: number;
  failure?: AttemptFailure;
}

interface Request {
  readonly policy: WalkPolicy;
  readonly startMs: number;
  readonly attempts: Attempt[];
  readonly waits: number[];
  endMs?: number;
  servedBy?: string;
  gaveUp?: GiveUpReason;
  retryAfterMs?: number | undefined;
}

interface WorldOptions {
  readonly seed?: number;
  readonly targets: readonly Target[];
  readonly answer: (target: Target, nowMs: number, random: () => number) => Answer;
  readonly breakers?: BreakerSettings;
  readonly budget?: RetryBudgetSettings;
}

const DEFAULT_POLICY: WalkPolicy = {
  maxAttempts: 6,
  numRetries: 2,
  retriesByClass: {},
  retriesPerFallback: 1,
  maxFallbacks: 5,
  deadlineMs: 60_000,
  leastWaitMs: 0,
  retryAfterWaitMaxMs: 0,
  fallbacks: [],
  contextWindowFallbacks: [],
  contentPolicyFallbacks: [],
  fallbackOn: undefined,
};

function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Checks by its own count that what is granted stays within a fifth of the last ten seconds and the floor. */
class WatchedBudget extends RetryBudget {
  readonly #clock: Clock;
  readonly #firsts = new Map<string, number[]>();
  readonly grants = new Map<string, number[]>();

  constructor(clock: Clock, settings: RetryBudgetSettings | undefined) {
    super(clock, settings);
    this.#clock = clock;
  }

  override noteFirst(upstream: string): void {
    super.noteFirst(upstream);
    push(this.#firsts, upstream, this.#clock.monotonicMs());
  }

  override take(upstream: string): boolean {
    if (!super.take(upstream)) return false;
    const nowMs = this.#clock.monotonicMs();
    push(this.grants, upstream, nowMs);
    const sinceMs = (Math.floor(nowMs / 1_000) - 9) * 1_000;
    const recent = (map: Map<string, number[]>): number =>
      (map.get(upstream) ?? []).filter((atMs) => atMs >= sinceMs).length;
    assert.ok(recent(this.grants) <= recent(this.#firsts) * 0.2 + 30, `the retry budget of ${upstream} is overdrawn`);
    return true;
  }
}

function push<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

class World {
  nowMs = 0;
  readonly random: () => number;
  readonly breakers: Breakers;
  readonly budget: WatchedBudget;
  readonly requests: Request[] = [];
  readonly attempts: Attempt[] = [];
  readonly targets: readonly Target[];
  readonly #options: WorldOptions;
  readonly #clock: Clock;
  readonly #events: { readonly atMs: number; readonly run: () => void }[] = [];
  readonly #groups = new Map<string, Target[]>();

  constructor(options: WorldOptions) {
    this.#options = options;
    this.targets = options.targets;
    this.random = randomFrom(options.seed ?? 1);
    this.#clock = { nowMs: () => this.nowMs, monotonicMs: () => this.nowMs };
    this.breakers = new Breakers({ clock: this.#clock, random: this.random, settings: options.breakers ?? {} });
    this.budget = new WatchedBudget(this.#clock, options.budget);
    for (const target of options.targets) push(this.#groups, target.group, target);
  }

  /** One request for a group, arriving at a time; its deadline counts from then. */
  ask(group: string, atMs: number, policy: Partial<WalkPolicy> = {}): Request {
    const whole = { ...DEFAULT_POLICY, ...policy };
    const request: Request = {
      policy: { ...whole, deadlineMs: atMs + whole.deadlineMs },
      startMs: atMs,
      attempts: [],
      waits: [],
    };
    this.requests.push(request);
    this.#at(atMs, () => this.#walk(request, group));
    return request;
  }

  run(): this {
    for (let count = 0; ; count += 1) {
      const event = this.#events.shift();
      if (event === undefined) break;
      assert.ok(count < 200_000, 'the schedule never ends');
      this.nowMs = Math.max(this.nowMs, event.atMs);
      event.run();
    }
    return this;
  }

  #walk(request: Request, group: string): void {
    const walk = new Walk<Target>({
      first: this.#plan(group) ?? { group, deployments: [], verdicts: [] },
      planGroup: (name) => this.#plan(name),
      policy: request.policy,
      breakers: this.breakers,
      budget: this.budget,
      upstreamOf: ({ upstream }) => upstream,
      groupSizeOf: (name) => this.#groups.get(name)?.length ?? 0,
      takesMore: (candidate, failed) => candidate.windowTokens > failed.windowTokens,
      clock: this.#clock,
      random: this.random,
    });
    this.#go(request, walk, 0);
  }

  /** The planner of this world: closed ones first in a random order, open ones last. */
  #plan(name: string): PlannedGroup<Target> | undefined {
    const targets = this.#groups.get(name);
    if (targets === undefined) return undefined;
    const rank = ({ id }: Target): number => (this.breakers.stateOf(id) === 'closed' ? this.random() : 1);
    const deployments = targets
      .map((target) => [rank(target), target] as const)
      .sort(([left], [right]) => left - right);
    return { group: name, deployments: deployments.map(([, target]) => target), verdicts: [] };
  }

  #go(request: Request, walk: Walk<Target>, steps: number): void {
    assert.ok(steps < 100, 'a request never ends');
    const before = new Map(
      this.#options.targets.map(({ id }) => [
        id,
        { state: this.breakers.stateOf(id), waitMs: this.breakers.retryAfterMs(id) },
      ]),
    );
    const step = walk.next();
    if (step.kind === 'wait') this.#wait(request, walk, steps, step);
    else if (step.kind === 'give-up') {
      request.gaveUp = step.reason;
      request.retryAfterMs = step.retryAfterMs;
      this.#over(request);
    } else {
      const known = before.get(step.deployment.id);
      assert.ok(known?.state === 'closed' || known?.waitMs === 0, 'an attempt goes to an open breaker');
      this.#attempt(request, walk, steps, step, known.state !== 'closed');
    }
  }

  #wait(request: Request, walk: Walk<Target>, steps: number, { waitMs }: Step<Target> & { kind: 'wait' }): void {
    assert.ok(waitMs >= 0 && this.nowMs + waitMs < request.policy.deadlineMs, 'a wait outlasts the deadline');
    assert.ok(request.attempts.length < request.policy.maxAttempts, 'a wait follows the last attempt');
    request.waits.push(waitMs);
    this.#at(this.nowMs + waitMs, () => this.#go(request, walk, steps + 1));
  }

  #attempt(
    request: Request,
    walk: Walk<Target>,
    steps: number,
    { deployment, group }: Step<Target> & { kind: 'attempt' },
    isProbe: boolean,
  ): void {
    const attempt: Attempt = { id: deployment.id, group, atMs: this.nowMs, request, isProbe };
    this.#check(attempt);
    request.attempts.push(attempt);
    this.attempts.push(attempt);
    const { afterMs, failure } = this.#options.answer(deployment, this.nowMs, this.random);
    // The pipeline ends every attempt at the request's deadline.
    const leftMs = request.policy.deadlineMs - this.nowMs;
    const ended: Answer =
      afterMs <= leftMs
        ? { afterMs, ...(failure && { failure }) }
        : { afterMs: leftMs, failure: { code: 'upstream_timeout' } };
    this.#at(this.nowMs + ended.afterMs, () => {
      attempt.endMs = this.nowMs;
      if (ended.failure === undefined) {
        walk.succeeded();
        request.servedBy = deployment.id;
        this.#over(request);
        return;
      }
      attempt.failure = ended.failure;
      walk.failed(ended.failure);
      this.#go(request, walk, steps + 1);
    });
  }

  #check(attempt: Attempt): void {
    const { request, id, atMs, group } = attempt;
    const earlier = request.attempts;
    assert.ok(atMs < request.policy.deadlineMs, 'an attempt begins after the deadline');
    assert.ok(earlier.length < request.policy.maxAttempts, 'the attempt cap is exceeded');
    const groups = earlier.map((before) => before.group);
    assert.ok(groups.at(-1) === group || !groups.includes(group), 'a group is visited twice');
    for (const before of earlier) {
      if (before.id !== id || before.failure === undefined) continue;
      assert.equal(
        ERRORS[before.failure.code].retry,
        'here',
        'a deployment that cannot serve the request is asked again',
      );
      const readyMs = (before.endMs ?? 0) + (before.failure.retryAfterMs ?? 0);
      assert.ok(atMs >= readyMs, 'a Retry-After is not kept');
    }
    if (!attempt.isProbe) return;
    const probes = this.attempts.filter((before) => before.isProbe && before.id === id);
    const last = probes.at(-1);
    // An interval is over after its time, or once a probe (a slow one of an earlier interval, too) has given its verdict.
    const isAlone =
      last === undefined ||
      atMs - last.atMs >= 5_000 ||
      probes.some(({ endMs }) => endMs !== undefined && endMs >= last.atMs);
    assert.ok(isAlone, 'two probes of one interval are under way');
  }

  #over(request: Request): void {
    request.endMs = this.nowMs;
    assert.ok(this.nowMs <= request.policy.deadlineMs, 'a request outlives its deadline');
  }

  #at(atMs: number, run: () => void): void {
    let index = this.#events.length;
    while (index > 0 && (this.#events[index - 1]?.atMs ?? 0) > atMs) index -= 1;
    this.#events.splice(index, 0, { atMs, run });
  }
}

const target = (id: string, group = id, upstream = id, windowTokens = 8_000): Target => ({
  id,
  group,
  model: id,
  upstream,
  windowTokens,
});

/** Upstreams that answer by script, in order and for ever the last; those without a script are well. */
function scripted(scripts: Record<string, readonly (AttemptFailure | 'ok')[]>): WorldOptions['answer'] {
  const turns = new Map<string, number>();
  return ({ id }) => {
    const script = scripts[id] ?? ['ok'];
    const turn = turns.get(id) ?? 0;
    turns.set(id, turn + 1);
    const line = script[Math.min(turn, script.length - 1)];
    return line === undefined || line === 'ok' ? { afterMs: 20 } : { afterMs: 20, failure: line };
  };
}

const fail = (code: ErrorCode, retryAfterMs?: number): AttemptFailure =>
  retryAfterMs === undefined ? { code } : { code, retryAfterMs };

const ids = (request: Request): string[] => request.attempts.map(({ id }) => id);

const CODES: readonly ErrorCode[] = [
  'upstream_rate_limit',
  'upstream_rate_limit',
  'upstream_server_error',
  'upstream_server_error',
  'upstream_overloaded',
  'upstream_connection',
  'upstream_bad_gateway',
  'upstream_timeout',
  'upstream_stream_cut',
  'upstream_auth',
  'upstream_payment',
  'upstream_not_found',
  'upstream_bad_request',
  'upstream_context_window',
  'upstream_content_policy',
  'upstream_too_large',
  'client_gone',
];

/** A world, its faults and its requests, all from one seed. */
function schedule(seed: number): World {
  const random = randomFrom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const oneOf = <T>(values: readonly T[]): T => values[below(values.length)] as T;
  const groupNames = ['a', 'b', 'c', 'd'].slice(0, 1 + below(4));
  const targets = groupNames.flatMap((group) =>
    Array.from({ length: 1 + below(3) }, (_, index) =>
      target(`${group}${index}`, group, `upstream-${below(3)}`, 4_000 * (1 + below(3))),
    ),
  );
  const characters = new Map(
    targets.map(({ id }) => [
      id,
      {
        failing: oneOf([0, 0, 0.2, 0.5, 0.9, 1]),
        codes: Array.from({ length: 1 + below(3) }, () => oneOf(CODES)),
        retryAfterMs: oneOf([undefined, undefined, -5, 0, 300, 2_000, 20_000, 5_000_000]),
        slowMs: oneOf([5, 50, 500, 8_000, 90_000]),
        flapMs: oneOf([0, 0, 3_000, 10_000]),
      },
    ]),
  );
  const world = new World({
    seed: seed + 1,
    targets,
    breakers: {
      ...oneOf<BreakerSettings>([
        {},
        {},
        { allowedFails: 1 },
        { allowedFailsByClass: { RateLimitError: 0, Timeout: 2 } },
        { disableCooldowns: true },
      ]),
      cooldownMs: oneOf([500, 5_000, 30_000]),
    },
    budget: { chargesFallbacks: random() < 0.3, floorPerSecond: oneOf([0, 0.3, 3]) },
    answer: ({ id }, nowMs, chance) => {
      const { failing, codes, retryAfterMs, slowMs, flapMs } = characters.get(id) ?? assert.fail();
      const afterMs = Math.ceil(chance() * slowMs);
      const isWell = flapMs > 0 && Math.floor(nowMs / flapMs) % 2 === 1;
      if (isWell || chance() >= failing) return { afterMs };
      return { afterMs, failure: fail(codes[Math.floor(chance() * codes.length)] ?? 'upstream_timeout', retryAfterMs) };
    },
  });
  const chain = (): string[] => Array.from({ length: below(5) }, () => oneOf([...groupNames, 'missing']));
  for (let count = 2 + below(12); count > 0; count -= 1) {
    world.ask(oneOf(groupNames), below(40_000), {
      maxAttempts: 1 + below(8),
      numRetries: below(5),
      retriesPerFallback: below(3),
      retriesByClass: oneOf([{}, {}, { RateLimitError: 0 }, { InternalServerError: 4 }]),
      maxFallbacks: below(6),
      deadlineMs: oneOf([800, 10_000, 60_000, 600_000]),
      leastWaitMs: oneOf([0, 0, 1_000]),
      fallbacks: chain(),
      contextWindowFallbacks: random() < 0.3 ? chain() : [],
      contentPolicyFallbacks: random() < 0.3 ? chain() : [],
      fallbackOn: oneOf([undefined, undefined, new Set<ErrorCode>(['upstream_timeout', 'upstream_server_error'])]),
    });
  }
  return world;
}

test('10,000 random schedules keep every promise of the router', () => {
  const only = process.env.SEED;
  const seeds = only === undefined ? Array.from({ length: 10_000 }, (_, index) => index * 7_919) : [Number(only)];
  const reasons = new Map<string, number>();
  for (const seed of seeds) {
    try {
      const world = schedule(seed).run();
      for (const request of world.requests) {
        assert.notEqual(request.endMs, undefined, 'a request never ends');
        const end = request.gaveUp ?? 'served';
        reasons.set(end, (reasons.get(end) ?? 0) + 1);
        if (request.gaveUp === 'none-available')
          assert.ok((request.retryAfterMs ?? -1) >= 0, 'the refusal does not say when to come back');
      }
      checkPayment(world);
    } catch (error) {
      throw new Error(`SEED=${seed}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  }
  // The schedules are worth something only if they end in every possible way.
  const wanted = 'served not-retryable attempts-used-up deadline retry-budget-empty none-available nothing-left';
  if (only === undefined) assert.deepEqual([...reasons.keys()].sort(), wanted.split(' ').sort());
});

/** Every attempt at an upstream that had seen the request is covered by a grant of its budget. */
function checkPayment(world: World): void {
  const upstreams = new Map(world.targets.map(({ id, upstream }) => [id, upstream]));
  const further = new Map<string, number>();
  for (const request of world.requests) {
    const seen = new Set<string>();
    for (const { id } of request.attempts) {
      const upstream = upstreams.get(id) ?? '';
      if (seen.has(upstream)) further.set(upstream, (further.get(upstream) ?? 0) + 1);
      seen.add(upstream);
    }
  }
  for (const [upstream, count] of further) {
    assert.ok(
      count <= (world.budget.grants.get(upstream)?.length ?? 0),
      `${upstream} sees attempts that no budget paid for`,
    );
  }
}

test('S01: the retry after a 429 waits for its Retry-After and succeeds', () => {
  const answer = scripted({ a: [fail('upstream_rate_limit', 2_000), 'ok'] });
  const world = new World({ targets: [target('a')], answer });
  const request = world.ask('a', 0);
  world.run();
  assert.deepEqual(ids(request), ['a', 'a']);
  assert.equal(request.servedBy, 'a');
  const waitedMs = (request.attempts[1]?.atMs ?? 0) - (request.attempts[0]?.endMs ?? 0);
  assert.ok(waitedMs >= 2_000 && waitedMs <= 2_250, `waited ${waitedMs} ms`);
});

test('S02: a 429 for ever costs few attempts and ends in a clear error, or in a fallback', () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const answer = scripted({ a: [fail('upstream_rate_limit')] });
    const world = new World({ seed, targets: [target('a'), target('b')], answer });
    const alone = world.ask('a', 0, { numRetries: 3 });
    const covered = world.ask('a', 100_000, { numRetries: 3, fallbacks: ['b'] });
    world.run();
    assert.ok(alone.attempts.filter(({ atMs }) => atMs < 3_000).length <= 4 && alone.attempts.length <= 6);
    assert.equal(alone.servedBy, undefined);
    assert.equal(covered.servedBy, 'b');
    assert.deepEqual(covered.waits, []);
  }
});

for (const [name, code] of [
  ['S03', 'upstream_server_error'],
  ['S05', 'upstream_connection'],
] as const) {
  test(`${name}: one ${code} is retried at the same deployment`, () => {
    const world = new World({ targets: [target('a'), target('b')], answer: scripted({ a: [fail(code), 'ok'] }) });
    const request = world.ask('a', 0, { fallbacks: ['b'] });
    world.run();
    assert.deepEqual(ids(request), ['a', 'a']);
    assert.equal(request.servedBy, 'a');
  });
}

test('S04 and S16: a 503 for ever fails over, and the answer is the fallback’s', () => {
  const answer = scripted({ a: [fail('upstream_overloaded')] });
  const world = new World({ targets: [target('a'), target('b')], answer });
  const request = world.ask('a', 0, { fallbacks: ['missing', 'a', 'b'] });
  world.run();
  assert.equal(request.servedBy, 'b');
  assert.equal(request.attempts.at(-1)?.group, 'b');
});

test('another deployment of the group is tried at once, without a wait', () => {
  const answer = scripted({ a1: [fail('upstream_server_error')], a2: [fail('upstream_server_error')] });
  const world = new World({ targets: [target('a1', 'a'), target('a2', 'a'), target('a3', 'a')], answer });
  for (let count = 0; count < 20; count += 1) world.ask('a', count * 1_000);
  world.run();
  for (const request of world.requests) {
    assert.equal(request.servedBy, 'a3');
    assert.deepEqual(request.waits, []);
  }
});

test('S12: a prompt too long goes to a larger model, never again to the same', () => {
  const answer = scripted({ small: [fail('upstream_context_window')], tiny: [fail('upstream_context_window')] });
  const targets = [
    target('small'),
    target('large'),
    target('tiny', 'mixed', 'x', 1_000),
    target('huge', 'mixed', 'x', 99_000),
  ];
  const world = new World({ targets, answer });
  const alone = world.ask('small', 0);
  const covered = world.ask('small', 0, { contextWindowFallbacks: ['large'] });
  const general = world.ask('small', 0, { fallbacks: ['large'] });
  const inGroup = world.ask('mixed', 0);
  world.run();
  assert.deepEqual([ids(alone), alone.gaveUp], [['small'], 'not-retryable']);
  assert.deepEqual([ids(covered), covered.servedBy], [['small', 'large'], 'large']);
  assert.deepEqual([ids(general), general.servedBy], [['small', 'large'], 'large']);
  assert.equal(inGroup.servedBy, 'huge');
});

test('S13: a refusal for content reaches the client at once, unless a fallback is named for it', () => {
  const world = new World({
    targets: [target('a1', 'a'), target('a2', 'a'), target('b')],
    answer: scripted({ a1: [fail('upstream_content_policy')], a2: [fail('upstream_content_policy')] }),
  });
  const plain = world.ask('a', 0, { fallbacks: ['b'] });
  const named = world.ask('a', 0, { contentPolicyFallbacks: ['b'] });
  world.run();
  assert.deepEqual([plain.attempts.length, plain.gaveUp], [1, 'not-retryable']);
  assert.equal(named.servedBy, 'b');
  assert.equal(world.breakers.stateOf('a1'), 'closed');
});

test('S15: a flapping upstream serves again soon after each recovery, is not hammered, and every request is served', () => {
  for (const [badMs, goodMs] of [
    [60_000, 60_000],
    [20_000, 20_000],
    [12_000, 8_000],
    [6_000, 6_000],
    [30_000, 30_000],
  ] as const) {
    for (let seed = 1; seed <= 20; seed += 1) {
      const isBad = (atMs: number): boolean => atMs < 60_000 && atMs % (badMs + goodMs) < badMs;
      const world = new World({
        seed,
        targets: [target('a'), target('b')],
        answer: ({ id }, nowMs) =>
          id === 'a' && isBad(nowMs) ? { afterMs: 20, failure: fail('upstream_overloaded') } : { afterMs: 20 },
      });
      for (let atMs = 0; atMs <= 100_000; atMs += 4_000) {
        for (let count = 0; count < 20; count += 1) world.ask('a', atMs + count, { fallbacks: ['b'] });
      }
      world.run();
      assert.ok(world.requests.every(({ servedBy }) => servedBy !== undefined));
      const atPrimary = world.attempts.filter(({ id }) => id === 'a');
      // Recovered for good at 60 s.
      const back = atPrimary.find(({ atMs, failure }) => atMs >= 60_000 && failure === undefined);
      assert.ok((back?.atMs ?? Infinity) <= 90_000, `back only at ${back?.atMs} ms`);
      const inVain = atPrimary.filter(({ failure }) => failure !== undefined).length;
      const windows = Math.ceil(60_000 / (badMs + goodMs));
      assert.ok(inVain <= 45 * windows, `${inVain} attempts at a broken upstream in ${windows} bad windows`);
    }
  }
});

/** Clients at a steady rate for a minute. */
function storm(world: World, perSecond: number, policy: Partial<WalkPolicy>): World {
  for (let index = 0; index < 60 * perSecond; index += 1) world.ask('a', (index * 1_000) / perSecond, policy);
  return world.run();
}

test('storm: an upstream at 100 % errors sees at most 1.2 times the requests and the floor, even without breakers', () => {
  const answer = scripted({ a: [fail('upstream_server_error')], a2: [fail('upstream_server_error')] });
  const targets = [target('a', 'a', 'one'), target('a2', 'a', 'one')];
  const bare = storm(new World({ targets, answer, breakers: { disableCooldowns: true } }), 50, { numRetries: 4 });
  const inTheMinute = bare.attempts.filter(({ atMs }) => atMs < 60_000).length;
  assert.ok(inTheMinute <= 3_000 * 1.2 + 180 && inTheMinute >= 3_000 * 1.1, `${inTheMinute} attempts`);
  const guarded = storm(new World({ targets, answer }), 50, { numRetries: 4 });
  assert.ok(guarded.attempts.length < 100, `${guarded.attempts.length} attempts with breakers`);
  const told = guarded.requests.filter(({ gaveUp }) => gaveUp === 'none-available');
  assert.ok(told.length > 2_900 && told.every(({ retryAfterMs }) => retryAfterMs !== undefined));
});

test('storm: with a fallback everybody is served while the upstream is down', () => {
  for (const failing of [0.5, 1]) {
    const world = new World({
      targets: [target('a'), target('b')],
      answer: ({ id }, _nowMs, random) =>
        id === 'a' && random() < failing ? { afterMs: 900, failure: fail('upstream_timeout') } : { afterMs: 50 },
    });
    storm(world, 100, { fallbacks: ['b'] });
    assert.ok(world.requests.every(({ servedBy }) => servedBy !== undefined));
    for (const upstream of ['a', 'b']) {
      assert.ok(world.attempts.filter(({ id }) => id === upstream).length <= 6_000 * 1.2 + 180);
    }
  }
});
