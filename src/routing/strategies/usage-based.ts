import { rankByLeast, type Strategy, usedShare } from './strategy.ts';

/**
 * LiteLLM's `usage-based-routing` and `-v2`: the deployment with the most room below its rpm and tpm limits, measured over the
 * last minute as a share of the limit, so that a large deployment takes more than a small one. Where a deployment has no limits
 * a share says nothing; the group is then ordered by the fewest tokens, as in LiteLLM, with those at their limit last.
 */
export const usageBased: Strategy = (candidates, { stats, random }) => {
  const nowMs = stats.nowMs();
  const shares = candidates.map((deployment) => usedShare(deployment, stats, nowMs));
  if (candidates.every(({ rpm, tpm }) => rpm !== undefined || tpm !== undefined)) {
    return rankByLeast(candidates, shares, random, (share) =>
      share >= 1 ? 'at its rpm or tpm limit' : `${Math.floor((1 - share) * 100)} % of its rpm and tpm left`,
    );
  }
  const tokens = candidates.map(({ id }, index) => {
    if ((shares[index] ?? 0) >= 1) return Number.POSITIVE_INFINITY;
    const stat = stats.of(id);
    // Requests under way have used no tokens yet; without them a burst would all go to one deployment.
    return stat === undefined ? 0 : stat.tokens.total(nowMs) + stat.inFlight * Math.max(1, tokensPerRequest(stat.mix));
  });
  return rankByLeast(candidates, tokens, random, (used) =>
    used === Number.POSITIVE_INFINITY ? 'at its rpm or tpm limit' : `${Math.round(used)} tokens in the last minute`,
  );
};

function tokensPerRequest(mix: { readonly inputTokens: number; readonly outputTokens: number }): number {
  return mix.inputTokens + mix.outputTokens;
}
