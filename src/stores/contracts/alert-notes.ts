/** The notes of alerts that went out: the instance that sets a note sends its alert. The value is the time until which it is needed. */

/** How all of them begin. */
export const ALERT_NOTES = 'alert/';

/** How those of one account begin. */
export function alertNotesOf(account: string): string {
  return `${ALERT_NOTES}${account}/`;
}

/** Sorts behind every value of a note. */
export const AFTER_EVERY_TIME = 'z';

/** Sorts behind every time. */
const FOR_EVER = 'ever';
/** Instances' clocks differ. */
const GRACE_MS = 86_400_000;

/** The value of a note for a period that ends then, or never. */
export function noteUntil(endsAtMs: number | undefined): string {
  return endsAtMs === undefined ? FOR_EVER : new Date(endsAtMs + GRACE_MS).toISOString();
}
