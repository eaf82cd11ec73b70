/** What one step of a walk finds out on the way to its decision. */
export class Round {
  isBudgetEmpty = false;
  isWaitTooLong = false;
  isBreakerOpen = false;
  /** When the first of the deployments that were passed over may be tried again, in milliseconds from now. */
  soonestMs: number | undefined;

  noteSoonest(waitMs: number): void {
    if (this.soonestMs === undefined || waitMs < this.soonestMs) this.soonestMs = waitMs;
  }
}
