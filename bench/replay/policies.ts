/** Ways to reserve, side by side: ours, and those that are common. */
import { type ClaimCandidate, claimAmounts } from '../../src/costs/claim-amounts.ts';
import type { OutputForecast } from '../../src/costs/output-forecast.ts';
import type { RateCard } from '../../src/costs/rate-card.ts';
import type { ClaimAmounts } from '../../src/stores/contracts/claims.ts';

/** What a gateway knows of a request before it sends it. */
interface Known {
  readonly inputTokens: { readonly likely: number; readonly atMost: number };
  readonly forecast: OutputForecast;
}

/** One way to reserve. */
export interface Policy {
  readonly name: string;
  /** How far requests under way may be expected to run past a budget, as a share of it: `debt_ratio` of the configuration. */
  readonly debtRatio: number;
  readonly amounts: (known: Known) => ClaimAmounts;
}

/** 3 and 15 USD per million tokens. */
export const CARD: RateCard = {
  input: { base: 3_000_000n, tiers: [] },
  output: { base: 15_000_000n, tiers: [] },
  source: 'replay',
};
/** The longest answer the model can write, in tokens. */
const LONGEST_ANSWER = 16_384;

const CANDIDATES: readonly ClaimCandidate[] = [{ card: CARD, maxOutputTokens: LONGEST_ANSWER }];

function ours(mode: 'learned' | 'strict', debtRatio: number): Policy {
  return {
    name: mode,
    debtRatio,
    amounts: ({ inputTokens, forecast }) =>
      claimAmounts({
        mode,
        candidates: CANDIDATES,
        inputTokens,
        maxOutputTokens: undefined,
        choices: 1,
        forecast,
        hasOutput: true,
      }),
  };
}

/** The rows of the table. */
export const POLICIES: readonly Policy[] = [
  ours('learned', 0.005),
  ours('strict', 0),
  {
    name: 'check, then spend',
    debtRatio: 0,
    amounts: ({ inputTokens }) => ({ inputTokens: inputTokens.likely, outputTokens: 0, hold: 0n, exposure: 0n }),
  },
  {
    name: 'hold 16,384 tokens',
    debtRatio: 0,
    amounts: ({ inputTokens }) => ({
      inputTokens: inputTokens.likely,
      outputTokens: LONGEST_ANSWER,
      hold: BigInt(inputTokens.likely) * CARD.input.base + BigInt(LONGEST_ANSWER) * CARD.output.base,
      exposure: 0n,
    }),
  },
];
