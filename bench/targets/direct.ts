import type { Target, TargetSetting } from './target.ts';

/** Nothing in between: what everything else is compared with. */
export async function startDirect({ upstreamPort }: TargetSetting): Promise<Target> {
  return {
    name: 'direct',
    pid: undefined,
    route: () => ({ port: upstreamPort, path: '/v1/chat/completions', headers: {}, model: (model) => model }),
    stop: async () => {},
  };
}
