/**
 * Responses that were stored for their clients: found by scope and id together, erased with the key, team or user that they belong
 * to, and after their retention. Times are milliseconds since the epoch.
 */

/** Who a stored response belongs to. */
export interface ResponseOwner {
  /** Whose responses a request sees: `team:ID`, `user:ID`, `key:HASH` or `master`. */
  readonly scope: string;
  readonly keyHash: string;
  /** Whether the key is one of the directory: if it is gone, nothing more is stored for it. */
  readonly isStoredKey: boolean;
  readonly userId?: string;
  readonly teamId?: string;
}

/** A response as it is stored. */
export interface StoredResponse {
  readonly id: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** While it is being made: until when it may be believed to be; its instance renews this. Absent: it is over. */
  readonly runningUntilMs?: number;
  /** Input and answer, as text; sealed if the configuration says so. */
  readonly data: string;
}

/** The store of responses. Any method may reject with a DatabaseUnavailableError. */
export interface ResponseStore {
  /**
   * Stores a response, in the place of one with the same scope and id. Does nothing if its key was deleted meanwhile. The oldest
   * responses of the scope are deleted if it then has more than `mostBytesOfScope`.
   */
  put(owner: ResponseOwner, response: StoredResponse, mostBytesOfScope: number): Promise<void>;
  /** The response of a scope; undefined if it has none of this id, or if it expired. */
  get(scope: string, id: string, nowMs: number): Promise<StoredResponse | undefined>;
  /** Ends a response that is being made. False if it is not being made any more: it was ended or deleted. */
  end(scope: string, id: string, data: string): Promise<boolean>;
  /** Says that a response is still being made. False if it is not. */
  renew(scope: string, id: string, untilMs: number): Promise<boolean>;
  /** Deletes a response. False if there is none. */
  delete(scope: string, id: string, nowMs: number): Promise<boolean>;
  /** Deletes what expired; resolves to how many those were. */
  prune(nowMs: number): Promise<number>;
}
