/** What was recorded of requests for replays: opt-in, sealed before it comes here, bounded in bytes and age, erased with its owner. */

/** A recorded request. */
export interface Recording {
  readonly callId: string;
  readonly startedAtMs: number;
  readonly keyHash: string;
  readonly userId?: string | undefined;
  readonly teamId?: string | undefined;
  readonly organizationId?: string | undefined;
  /** Sealed under the salt key or master key, at the place `recording/<call id>`. */
  readonly sealed: string;
}

/** Whose recordings are erased. */
export type RecordingOwner = 'key' | 'user' | 'team' | 'organization';

/** Every method rejects while the database is unavailable. */
export interface RecordingStore {
  /** Ids that are stored already change nothing. */
  add(recordings: readonly Recording[]): Promise<void>;
  /** Whether there is any. */
  isEmpty(): Promise<boolean>;
  get(callId: string): Promise<Recording | undefined>;
  erase(owner: RecordingOwner, id: string): Promise<void>;
  /** Deletes recordings of requests that began before, and the oldest until at most so many bytes are left; resolves to how many. */
  prune(beforeMs: number, mostBytes: number): Promise<number>;
}

/** The place that a recording is sealed at. */
export const recordingPlace = (callId: string): string => `recording/${callId}`;
