import { RedisUnavailableError } from './link.ts';

/** A request waits no longer for what only makes it cheaper, also if Redis is busy and not gone. */
const LOOK_LIMIT_MS = 100;

/** What the work resolves to; rejects if that takes too long. */
export async function inTime<Result>(work: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new RedisUnavailableError(`no answer within ${LOOK_LIMIT_MS} ms`)),
    LOOK_LIMIT_MS,
  );
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
