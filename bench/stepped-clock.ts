/**
 * Preloaded into a gateway by `--import`: its wall clock is wrong by as many milliseconds as the file says that
 * `STEPPED_CLOCK_FILE` names, from one moment to the next. The monotonic clock goes on, as when an operator sets the time.
 */
import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 20;
const file = process.env.STEPPED_CLOCK_FILE;

if (file !== undefined) {
  const RightDate = Date;
  let wrongByMs = 0;
  const now = (): number => RightDate.now() + wrongByMs;
  setInterval(() => {
    try {
      wrongByMs = Number(readFileSync(file, 'utf8'));
    } catch {
      wrongByMs = 0;
    }
  }, LOOK_EVERY_MS).unref();
  globalThis.Date = new Proxy(RightDate, {
    construct: (target, given, made) => Reflect.construct(target, given.length === 0 ? [now()] : given, made),
    apply: () => new RightDate(now()).toString(),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  });
}
