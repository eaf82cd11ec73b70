import { hash, timingSafeEqual } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError } from '../../core/errors.ts';
import type { Answering, Question } from '../question.ts';

/** As long as a drain after SIGTERM waits by default. */
const LONGEST_WAIT_MS = 30_000;
const LOOK_EVERY_MS = 50;

/**
 * `GET /health/drain`, for a `preStop` hook of Kubernetes: readiness is 503 from now on, and the answer comes when no request to a model is
 * under way, or after half a minute. What still comes is served, until SIGTERM ends the process. It cannot be taken back, so it wants
 * the operator's token, or an admin's key if the configuration has none.
 */
export const drain: Answering = async (question) => {
  const { enablesDrainEndpoint, drainToken } = question.snapshot.config.server;
  if (!enablesDrainEndpoint) {
    throw new GatewayError('unknown_route', 'There is no such path, unless `enable_drain_endpoint` is set.');
  }
  if (!mayDrain(question, drainToken)) {
    const wanted = drainToken === undefined ? "an admin's key" : 'the `x-drain-token` that the configuration names';
    throw new GatewayError('missing_key', `Draining this instance needs ${wanted}.`);
  }
  const { requests } = question;
  requests.leave();
  const untilMs = performance.now() + LONGEST_WAIT_MS;
  while (requests.underWay() > 0 && performance.now() < untilMs) await sleep(LOOK_EVERY_MS);
  const left = requests.underWay();
  return { status: 200, body: { status: left === 0 ? 'drained' : 'timeout', in_flight_requests: left } };
};

function mayDrain({ identity, headers }: Question, token: string | undefined): boolean {
  if (token === undefined) return identity?.isAdmin === true;
  const sent = headers['x-drain-token'];
  return typeof sent === 'string' && timingSafeEqual(digest(sent), digest(token));
}

const digest = (text: string): Buffer => hash('sha256', text, 'buffer');
