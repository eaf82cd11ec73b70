/** How good predictions are. */

/**
 * The average performance gap recovered (RouteLLM, https://arxiv.org/abs/2406.18665, section 3.2): the area under the share of the gap
 * between the weak and the strong model that is recovered, over the share of prompts that go to the strong one.
 */
export function apgr(gain: Float64Array, strong: Float64Array, weak: Float64Array): number {
  const order = Int32Array.from(gain.keys()).sort(
    (left, right) => (gain[right] as number) - (gain[left] as number) || left - right,
  );
  let gap = 0;
  for (let row = 0; row < gain.length; row += 1) gap += (strong[row] as number) - (weak[row] as number);
  let recovered = 0;
  let area = 0;
  for (const row of order) {
    const next = recovered + (strong[row] as number) - (weak[row] as number);
    area += (recovered + next) / 2;
    recovered = next;
  }
  return gap === 0 ? 0 : area / gain.length / gap;
}

/** The share of the variance that predictions explain. */
export function explained(predicted: Float64Array, actual: Float64Array): number {
  let mean = 0;
  for (const value of actual) mean += value / actual.length;
  let left = 0;
  let all = 0;
  for (let row = 0; row < actual.length; row += 1) {
    left += ((actual[row] as number) - (predicted[row] as number)) ** 2;
    all += ((actual[row] as number) - mean) ** 2;
  }
  return all === 0 ? 0 : 1 - left / all;
}
