/** npm and a shell both hand on Ctrl-C, so one press can arrive twice; only a later signal means impatience. */
const SAME_PRESS_MS = 500;

/** What to do when the process is asked to stop or to read its configuration again. */
interface SignalHandlers {
  /** The first SIGTERM or SIGINT. */
  readonly stop: (signal: NodeJS.Signals) => void;
  /** Another one while stopping. */
  readonly stopNow: (signal: NodeJS.Signals) => void;
  readonly reload: () => void;
}

/** Listens to SIGTERM, SIGINT and SIGHUP. */
export function listenToSignals(handlers: SignalHandlers): void {
  let stoppingSince: number | undefined;
  const onStop = (signal: NodeJS.Signals): void => {
    if (stoppingSince === undefined) {
      stoppingSince = performance.now();
      handlers.stop(signal);
    } else if (performance.now() - stoppingSince > SAME_PRESS_MS) {
      handlers.stopNow(signal);
    }
  };
  process.on('SIGTERM', onStop);
  process.on('SIGINT', onStop);
  process.on('SIGHUP', () => handlers.reload());
}

/** A reader that ended (`sluice | head`) must not end the gateway. */
export function ignoreClosedOutputs(): void {
  for (const output of [process.stdout, process.stderr]) {
    output.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}

/** After an uncaught exception, memory may be half changed: says why, writes the rest of the log, and ends the process. */
export function endOnUncaught(say: (error: unknown) => void): void {
  process.on('uncaughtException', (error) => {
    say(error);
    // The log writes its last lines when the process exits.
    process.exit(1);
  });
}
