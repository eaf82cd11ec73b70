import type { Routable } from '../model-groups.ts';
import type { Strategy } from './strategy.ts';

/**
 * LiteLLM's default strategy: a random order in which a deployment comes first as often as its share says. The share is
 * `weight` if any deployment has one, else `rpm`, else `tpm`, else even. `random` returns numbers in [0, 1).
 */
export function simpleShuffle<D extends Routable>(deployments: readonly D[], random: () => number): readonly D[] {
  if (deployments.length < 2) return deployments;
  const shareOf = SHARES[chosenShare(deployments)];
  const left = [...deployments];
  const order: D[] = [];
  while (left.length > 0) {
    let total = 0;
    for (const deployment of left) total += shareOf(deployment);
    let index = 0;
    if (total <= 0) index = Math.floor(random() * left.length);
    else {
      let point = random() * total;
      for (index = 0; index < left.length - 1; index += 1) {
        const deployment = left[index];
        point -= deployment === undefined ? 0 : shareOf(deployment);
        if (point < 0) break;
      }
    }
    order.push(...left.splice(index, 1));
  }
  return order;
}

/** `simple-shuffle` as a strategy. */
export const shuffleStrategy: Strategy = (candidates, { random }) => ({
  order: simpleShuffle(candidates, random),
  why(deployment) {
    const kind = chosenShare(candidates);
    if (kind === 'even') return `random, one of ${candidates.length} equals`;
    let total = 0;
    for (const candidate of candidates) total += SHARES[kind](candidate);
    return `random by ${kind} ${SHARES[kind](deployment)} of ${total}`;
  },
});

type ShareKind = 'weight' | 'rpm' | 'tpm' | 'even';

const SHARES: Readonly<Record<ShareKind, (deployment: Routable) => number>> = {
  weight: ({ weight }) => weight ?? 0,
  rpm: ({ rpm }) => rpm ?? 0,
  tpm: ({ tpm }) => tpm ?? 0,
  even: () => 1,
};

function chosenShare(deployments: readonly Routable[]): ShareKind {
  if (deployments.some(({ weight }) => weight !== undefined)) return 'weight';
  if (deployments.some(({ rpm }) => rpm !== undefined)) return 'rpm';
  if (deployments.some(({ tpm }) => tpm !== undefined)) return 'tpm';
  return 'even';
}
