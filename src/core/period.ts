/**
 * Budget periods: when the one that holds now began, and when the next one does. Pure: the caller says what time it is.
 *
 * LiteLLM's words: `1d` begins at midnight, `7d` on Monday, `30d` and `1mo` on the first of the month, `1y` on January 1st, all in
 * a time zone; every other length (`30s`, `12h`, `14d`, `2w`) is counted in equal steps from an anchor.
 */

/** A period as it was read. */
export type Period =
  | {
      readonly kind: 'calendar';
      readonly unit: 'day' | 'week' | 'month' | 'year';
      readonly count: number;
      readonly text: string;
    }
  | { readonly kind: 'fixed'; readonly ms: number; readonly text: string };

/** One period in time: `name` is unique for it (`1mo@1764547200000`), and the same for everyone who asks within it. */
export interface PeriodWindow {
  readonly name: string;
  readonly startsAtMs: number;
  /** Undefined: it never ends. */
  readonly endsAtMs?: number;
}

/** The window of a budget that never starts anew. */
export const FOR_EVER: PeriodWindow = { name: 'ever', startsAtMs: 0 };
