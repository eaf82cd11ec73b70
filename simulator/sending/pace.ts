import type { Random } from '../answering/seeded.ts';
import type { Latency } from '../contract.ts';
import type { Reply, Step } from './reply.ts';

/** Puts the waits of a model's latency into a reply. */
export function pace(reply: Reply, latency: Latency, random: Random): Reply {
  if (latency.firstTokenMs === 0 && latency.perTokenMs === 0) return reply;
  const stray = (ms: number): number => ms * (1 + latency.jitter * (random() * 2 - 1));
  // A provider sends its headers when the first token is there, or when everything is.
  const tokens = reply.isStream ? 0 : (reply.usage?.completion ?? 0);
  const before: Step[] = [
    ...reply.before,
    { do: 'wait', ms: stray(latency.firstTokenMs) + stray(tokens * latency.perTokenMs) },
  ];
  if (!reply.isStream) return { ...reply, before };
  return { ...reply, before, body: waitForTokens(reply.body, () => stray(latency.perTokenMs)) };
}

function* waitForTokens(steps: Iterable<Step>, tokenMs: () => number): Generator<Step> {
  let isFirst = true;
  for (const step of steps) {
    if (step.do === 'event' && step.event.tokens > 0) {
      if (!isFirst) yield { do: 'wait', ms: step.event.tokens * tokenMs() };
      isFirst = false;
    }
    yield step;
  }
}
