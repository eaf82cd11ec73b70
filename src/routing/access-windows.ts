/** Deployments that are reserved: at some hours of the day, only for some teams. Pure: the caller says what time it is. */

/** Hours of every day at which a deployment serves these teams alone. From `end` before `start` it lasts over midnight. */
export interface AccessWindow {
  /** Seconds since midnight, in its time zone. */
  readonly startSeconds: number;
  /** Exclusive. */
  readonly endSeconds: number;
  readonly timeZone: string;
  readonly teamIds: readonly string[];
}

/** The seconds since midnight that `09:30` or `09:30:15` stands for; undefined for anything else. */
export function readTimeOfDay(text: string): number | undefined {
  const [, hours, minutes, seconds = '0'] = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text.trim()) ?? [];
  const [hour, minute, second] = [hours, minutes, seconds].map(Number);
  if (hour === undefined || minute === undefined || second === undefined) return undefined;
  return hour < 24 && minute < 60 && second < 60 ? hour * 3_600 + minute * 60 + second : undefined;
}

/** Whether the windows of a deployment keep a request of this team (or of no team) away from it now. */
export function isReservedForOthers(
  windows: readonly AccessWindow[],
  teamId: string | undefined,
  nowMs: number,
): boolean {
  const open = windows.filter((window) => isOpen(window, nowMs));
  return open.length > 0 && !open.some(({ teamIds }) => teamId !== undefined && teamIds.includes(teamId));
}

function isOpen({ startSeconds, endSeconds, timeZone }: AccessWindow, nowMs: number): boolean {
  const now = secondOfDay(nowMs, timeZone);
  return startSeconds < endSeconds ? now >= startSeconds && now < endSeconds : now >= startSeconds || now < endSeconds;
}

/** The configuration names few zones; making a formatter takes far longer than using it. */
const FORMATS = new Map<string, Intl.DateTimeFormat>();

function secondOfDay(nowMs: number, timeZone: string): number {
  let format = FORMATS.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', { timeZone, timeStyle: 'medium', hourCycle: 'h23' });
    FORMATS.set(timeZone, format);
  }
  return readTimeOfDay(format.format(nowMs)) ?? 0;
}
