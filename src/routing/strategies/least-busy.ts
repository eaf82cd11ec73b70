import { rankByLeast, type Strategy } from './strategy.ts';

/** LiteLLM's `least-busy`: the deployment with the fewest requests under way in this process. */
export const leastBusy: Strategy = (candidates, { stats, random }) =>
  rankByLeast(
    candidates,
    candidates.map(({ id }) => stats.of(id)?.inFlight ?? 0),
    random,
    (inFlight) => `${inFlight} under way`,
  );
