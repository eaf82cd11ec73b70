import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type AmountsQuery, claimAmounts, extendedReserve } from './claim-amounts.ts';
import { costOf } from './price-of.ts';
import type { RateCard } from './rate-card.ts';
import type { TieredRate } from './tiered-rate.ts';

const rate = (base: bigint, ...tiers: readonly (readonly [above: number, rate: bigint])[]): TieredRate => ({
  base,
  tiers: tiers.map(([aboveInputTokens, tierRate]) => ({ aboveInputTokens, rate: tierRate })),
});

/** 3 and 15 per token: small numbers to check by hand. */
const CARD: RateCard = { input: rate(3n), output: rate(15n), source: 'test' };

const QUERY: AmountsQuery = {
  mode: 'learned',
  candidates: [{ card: CARD, maxOutputTokens: 8_000 }],
  inputTokens: { likely: 1_000, atMost: 4_000 },
  maxOutputTokens: undefined,
  choices: 1,
  forecast: { expected: 400, tail: 1_000 },
  hasOutput: true,
};

describe('strict', () => {
  const strict: AmountsQuery = { ...QUERY, mode: 'strict' };

  test('holds the longest prompt and the longest answer, and exposes nothing', () => {
    const { hold, exposure } = claimAmounts(strict);
    assert.equal(hold, 4_000n * 3n + 8_000n * 15n);
    assert.equal(exposure, 0n);
  });

  test('what the client set bounds the answer, in every choice', () => {
    const { hold, cap } = claimAmounts({ ...strict, maxOutputTokens: 100, choices: 3 });
    assert.equal(hold, 4_000n * 3n + 300n * 15n);
    const share = { tokens: 100, doOthersWait: false };
    assert.deepEqual(cap, { fixed: 12_000n, perToken: 45n, minTokens: 50, maxTokens: 100, share });
  });

  test('a limit of 0 is no limit, as some providers read it', () => {
    assert.equal(claimAmounts({ ...strict, maxOutputTokens: 0 }).hold, claimAmounts(strict).hold);
  });

  test('a model of which nothing is known may write as much as the largest do', () => {
    const { hold } = claimAmounts({ ...strict, candidates: [{ card: CARD, maxOutputTokens: undefined }] });
    assert.equal(hold, 12_000n + 131_072n * 15n);
  });

  test('the dearest of all that may answer counts, by its whole cost', () => {
    const dearInput: RateCard = { input: rate(30n), output: rate(1n), source: 'test' };
    const candidates = [
      { card: dearInput, maxOutputTokens: 1_000 },
      { card: undefined, maxOutputTokens: 1_000_000 },
      { card: CARD, maxOutputTokens: 100 },
    ];
    const { hold, cap } = claimAmounts({ ...strict, candidates });
    assert.equal(hold, 4_000n * 30n + 1_000n);
    // What is granted by a cap covers each of them too.
    assert.equal(cap?.fixed, 120_000n);
    assert.equal(cap?.perToken, 15n);
    assert.equal(cap?.maxTokens, 100, 'a limit that every one of them takes');
  });

  test('never falls short of the bill, whatever the provider counts within the limits', () => {
    const price = fc.bigInt({ min: 0n, max: 1_000n });
    const tiered = fc.record({
      base: price,
      tiers: fc.array(fc.record({ aboveInputTokens: fc.integer({ min: 0, max: 400 }), rate: price }), { maxLength: 3 }),
    });
    const card = fc.record(
      {
        input: tiered,
        output: tiered,
        cachedInput: tiered,
        cacheWrite: tiered,
        cacheWriteOneHour: tiered,
        audioInput: tiered,
        reasoning: tiered,
        audioOutput: tiered,
        perRequest: price,
        perWebSearch: price,
        source: fc.constant('test'),
      },
      { requiredKeys: ['input', 'output', 'source'] },
    );
    const usage = fc.record({
      inputTokens: fc.integer({ min: 0, max: 500 }),
      outputTokens: fc.integer({ min: 0, max: 300 }),
      cachedInputTokens: fc.integer({ min: 0, max: 200 }),
      cacheWriteTokens: fc.integer({ min: 0, max: 200 }),
      cacheWriteOneHourTokens: fc.integer({ min: 0, max: 200 }),
      audioInputTokens: fc.integer({ min: 0, max: 200 }),
      reasoningTokens: fc.integer({ min: 0, max: 200 }),
      audioOutputTokens: fc.integer({ min: 0, max: 200 }),
      webSearchRequests: fc.integer({ min: 0, max: 4 }),
    });
    fc.assert(
      fc.property(fc.array(card, { minLength: 1, maxLength: 3 }), usage, fc.nat(2), (cards, used, answering) => {
        const amounts = claimAmounts({
          ...strict,
          candidates: cards.map((each) => ({ card: each, maxOutputTokens: 300 })),
          inputTokens: { likely: 100, atMost: 500 },
          webSearches: 4,
        });
        const bill = costOf(used, cards[answering % cards.length])?.total ?? 0n;
        assert.ok(bill <= amounts.hold, `${bill} > ${amounts.hold}`);
        const { cap } = amounts;
        if (cap === undefined) return;
        assert.ok(bill <= cap.fixed + BigInt(used.outputTokens) * cap.perToken, 'nor what is granted by a cap');
      }),
      { numRuns: 2_000 },
    );
  });

  test('never falls short of what an answer holds and how long it takes, either', () => {
    const price = fc.bigInt({ min: 0n, max: 1_000_000n }).map((base) => rate(base, [2_000, base * 3n]));
    const units = fc.record(
      {
        second: price,
        answerSecond: price,
        writtenCharacter: price,
        writtenPixel: price,
        writtenImage: price,
        writtenImageHalf: price,
        writtenImage1K: price,
        writtenImage1536: price,
        writtenImage2K: price,
        writtenImage4K: price,
      },
      { requiredKeys: [] },
    );
    const pixels = fc.option(fc.integer({ min: 1, max: 4_096 * 4_096 }), { nil: undefined });
    const answer = fc.integer({ min: 1, max: 3_000 }).chain((outputTokens) =>
      fc.record({
        outputTokens: fc.constant(outputTokens),
        inputTokens: fc.integer({ min: 0, max: 4_000 }),
        seconds: fc.double({ min: 0, max: 60, noNaN: true }),
        written: fc.record({
          characters: fc.integer({ min: 0, max: outputTokens * 128 }),
          images: fc.array(pixels, { maxLength: 1 + Math.floor(outputTokens / 512) }),
        }),
      }),
    );
    fc.assert(
      fc.property(units, answer, (rates, { seconds, written, ...usage }) => {
        const card: RateCard = { ...CARD, units: rates };
        const { hold, cap } = claimAmounts({
          ...strict,
          candidates: [{ card, maxOutputTokens: 3_000, longestSeconds: 60 }],
        });
        const bill = costOf(usage, card, { units: { second: seconds, answerSecond: seconds }, written })?.total ?? 0n;
        assert.ok(bill <= hold, `${bill} > ${hold}`);
        assert.ok(cap !== undefined && bill <= cap.fixed + BigInt(usage.outputTokens) * cap.perToken);
      }),
      { numRuns: 2_000 },
    );
  });

  test('sound is dear, and left out where there can be none', () => {
    const card: RateCard = { ...CARD, audioInput: rate(40n), audioOutput: rate(80n) };
    const query = { ...strict, candidates: [{ card, maxOutputTokens: 100 }] };
    assert.equal(claimAmounts(query).hold, 4_000n * 40n + 100n * 80n);
    assert.equal(claimAmounts({ ...query, mayHaveAudio: false }).hold, 4_000n * 3n + 100n * 15n);
  });

  test('one request does not take all that is left: twice what practically no answer exceeds is enough', () => {
    assert.equal(claimAmounts(strict).cap?.maxTokens, 2_000);
  });
});

describe('learned', () => {
  test('holds what is likely, and exposes what is possible beyond it', () => {
    const amounts = claimAmounts(QUERY);
    assert.equal(amounts.hold, 1_000n * 3n + 400n * 15n);
    // Half as long a prompt again, and the longest answer that the model may give.
    assert.equal(amounts.hold + amounts.exposure, 1_500n * 3n + 8_000n * 15n);
    assert.equal(amounts.practicallyMost, 1_500n * 3n + 1_000n * 15n, 'the longest answer that was seen');
    const share = { tokens: 600, doOthersWait: false };
    assert.deepEqual(amounts.cap, { fixed: 4_500n, perToken: 15n, minTokens: 200, maxTokens: 2_000, share });
    assert.deepEqual([amounts.inputTokens, amounts.outputTokens], [1_000, 400]);
  });

  test('each choice is expected to be as long as one', () => {
    const amounts = claimAmounts({ ...QUERY, choices: 4 });
    assert.equal(amounts.hold, 3_000n + 4n * 400n * 15n);
    assert.equal(amounts.outputTokens, 1_600);
    assert.equal(amounts.cap?.perToken, 60n);
    assert.equal(amounts.cap?.maxTokens, 2_000, 'tokens of one choice');
  });

  test('what the client set bounds everything', () => {
    const { hold, exposure, cap } = claimAmounts({ ...QUERY, maxOutputTokens: 10 });
    assert.equal(hold, 3_000n + 150n);
    assert.equal(exposure, 1_500n);
    assert.equal(cap?.maxTokens, 10);
  });

  test('a plain price is expected, and what caches and tiers may add is exposed', () => {
    const card: RateCard = {
      input: rate(3n, [1_200, 6n]),
      output: rate(15n, [1_200, 20n]),
      cacheWrite: rate(4n),
      source: 'test',
    };
    const { hold, exposure } = claimAmounts({ ...QUERY, candidates: [{ card, maxOutputTokens: 8_000 }] });
    assert.equal(hold, 3_000n + 6_000n);
    assert.equal(hold + exposure, 1_500n * 6n + 8_000n * 20n);
  });

  test('fees for a request are part of it', () => {
    const card: RateCard = { ...CARD, perRequest: 7n, perWebSearch: 100n };
    const { hold, exposure, cap } = claimAmounts({
      ...QUERY,
      candidates: [{ card, maxOutputTokens: 8_000 }],
      webSearches: 2,
    });
    assert.equal(hold, 9_007n);
    assert.equal(hold + exposure, 4_500n + 8_000n * 15n + 207n);
    assert.equal(cap?.fixed, 4_707n);
  });

  test('before anything was learned, a prior is held', () => {
    const { hold, practicallyMost } = claimAmounts({ ...QUERY, forecast: undefined });
    assert.equal(hold, 3_000n + 512n * 15n);
    assert.equal(practicallyMost, 4_500n + 4_096n * 15n);
  });

  test('never more than strict would hold, and never less than nothing', () => {
    const query = fc.record({
      inputTokens: fc.record({ likely: fc.nat(5_000), atMost: fc.nat(5_000) }),
      maxOutputTokens: fc.option(fc.nat(10_000), { nil: undefined }),
      choices: fc.integer({ min: -1, max: 5 }),
      forecast: fc.option(fc.record({ expected: fc.nat(20_000), tail: fc.nat(20_000) }), { nil: undefined }),
      hasOutput: fc.boolean(),
    });
    fc.assert(
      fc.property(query, (some) => {
        const learned = claimAmounts({ ...QUERY, ...some });
        const strict = claimAmounts({ ...QUERY, ...some, mode: 'strict' });
        assert.ok(learned.hold >= 0n && learned.exposure >= 0n);
        assert.ok(learned.hold + learned.exposure <= strict.hold);
        const { cap } = learned;
        if (cap === undefined) return;
        assert.ok(cap.minTokens <= cap.maxTokens && cap.minTokens > 0);
        const { tokens = 0 } = cap.share ?? {};
        assert.ok(tokens >= cap.minTokens && tokens <= cap.maxTokens);
      }),
    );
  });
});

describe('both', () => {
  for (const mode of ['strict', 'learned'] as const) {
    test(`${mode}: what has no answer has no cap`, () => {
      const amounts = claimAmounts({ ...QUERY, mode, hasOutput: false });
      assert.equal(amounts.cap, undefined);
      assert.equal(amounts.outputTokens, 0);
      assert.equal(amounts.hold, mode === 'strict' ? 12_000n : 3_000n);
    });

    test(`${mode}: an unknown price reserves nothing`, () => {
      const amounts = claimAmounts({ ...QUERY, mode, candidates: [{ card: undefined, maxOutputTokens: undefined }] });
      assert.deepEqual(amounts, {
        inputTokens: 1_000,
        outputTokens: 400,
        hold: 0n,
        exposure: 0n,
        practicallyMost: 0n,
      });
    });

    test(`${mode}: counts out of all reason neither throw nor come out wrong`, () => {
      for (const odd of [Number.NaN, -5, 1e300, Number.POSITIVE_INFINITY, 0.5]) {
        const { hold, exposure } = claimAmounts({
          ...QUERY,
          mode,
          inputTokens: { likely: odd, atMost: odd },
          maxOutputTokens: odd,
          choices: odd,
          forecast: { expected: odd, tail: odd },
        });
        assert.ok(hold >= 0n && exposure >= 0n);
      }
    });
  }
});

describe('a stream that runs on', () => {
  test('reserves nothing more before nine tenths of its hold are gone', () => {
    assert.equal(extendedReserve({ hold: 1_000n, exposure: 500n }, { cost: 900n, answerCost: 800n }), undefined);
  });

  test('then moves what it may come to from its exposure into its hold', () => {
    const next = extendedReserve({ hold: 1_000n, exposure: 5_000n }, { cost: 950n, answerCost: 800n });
    assert.deepEqual(next, { hold: 1_540n, exposure: 4_460n });
  });

  test('a long prompt does not make the step long', () => {
    const next = extendedReserve({ hold: 100_000n, exposure: 0n }, { cost: 99_000n, answerCost: 1_000n });
    assert.ok(next !== undefined && next.hold < 120_000n);
  });

  test('beyond its exposure it exposes nothing', () => {
    const next = extendedReserve({ hold: 1_000n, exposure: 100n }, { cost: 2_000n, answerCost: 2_000n });
    assert.deepEqual(next, { hold: 3_400n, exposure: 0n });
  });

  test('asks for no more than was granted it, as long as that covers it', () => {
    const reserved = { hold: 1_000n, exposure: 200n };
    assert.deepEqual(extendedReserve(reserved, { cost: 1_050n, answerCost: 1_000n }), { hold: 1_200n, exposure: 0n });
    const next = extendedReserve(reserved, { cost: 1_100n, answerCost: 1_000n });
    assert.ok(next !== undefined && next.hold > 1_200n);
  });
});
