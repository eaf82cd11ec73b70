import type { Routable } from '../model-groups.ts';

/**
 * LiteLLM's default strategy: a random order in which a deployment stands first as often as its share says. The share is
 * `weight` where any deployment has one, else `rpm`, else `tpm`, else even. `random` returns numbers in [0, 1).
 */
export function simpleShuffle<D extends Routable>(deployments: readonly D[], random: () => number): readonly D[] {
  if (deployments.length < 2) return deployments;
  const shareOf = chooseShare(deployments);
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

function chooseShare<D extends Routable>(deployments: readonly D[]): (deployment: D) => number {
  if (deployments.some((deployment) => deployment.weight !== undefined)) return (deployment) => deployment.weight ?? 0;
  if (deployments.some((deployment) => deployment.rpm !== undefined)) return (deployment) => deployment.rpm ?? 0;
  if (deployments.some((deployment) => deployment.tpm !== undefined)) return (deployment) => deployment.tpm ?? 0;
  return () => 1;
}
