const SHORT_TURN_MS = 1;
const MOST_TURNS = 200;

/**
 * Resolves when the event loop has just accepted what was waiting. A connection that waits when the listener closes is reset by the
 * system, and a proxy may have sent a request on it, which it must not repeat.
 */
export async function allAccepted(): Promise<void> {
  for (let turn = 0; turn < MOST_TURNS; turn += 1) {
    const fromMs = performance.now();
    await new Promise((resolve) => setImmediate(resolve));
    if (performance.now() - fromMs < SHORT_TURN_MS) return;
  }
}
