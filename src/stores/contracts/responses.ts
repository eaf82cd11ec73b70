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

/** An item of a conversation. */
export interface StoredItem {
  readonly id: string;
  /** As text; sealed if the configuration says so. */
  readonly data: string;
}

/** What is put behind the items of a conversation, all of it or nothing. */
export interface Addition {
  readonly conversationId: string;
  readonly items: readonly StoredItem[];
  readonly nowMs: number;
  readonly expiresAtMs: number;
}

/** What is stored together with a response, or not at all. */
export interface WithResponse {
  /** The ids under which later requests may refer to items of the response. */
  readonly itemIds?: readonly string[];
  /** What the response adds to its conversation. */
  readonly addition?: Addition;
  /** The first or the last events of one that is streamed in the background. */
  readonly events?: StoredEvents;
}

/** Events of a response that is streamed in the background. */
export interface StoredEvents {
  /** The number of the first one. */
  readonly first: number;
  /** As text; sealed if the configuration says so. */
  readonly data: string;
}

/** Which events are asked for. */
export interface EventRange {
  readonly from: number;
  readonly mostBatches: number;
  readonly nowMs: number;
}

/** Some of the events of a response, in their order. */
export interface EventsPage {
  readonly batches: readonly StoredEvents[];
  /** As in the response itself. If it is absent, no more events follow than this and further pages have. */
  readonly runningUntilMs?: number;
}

/** The store of responses. Any method may reject with a DatabaseUnavailableError. */
export interface ResponseStore {
  /**
   * Stores a response, in the place of one with the same scope and id. Does nothing if its key was deleted meanwhile. The oldest
   * responses of the scope are deleted if it then has more than `mostBytesOfScope`.
   */
  put(owner: ResponseOwner, response: StoredResponse, mostBytesOfScope: number, more?: WithResponse): Promise<void>;
  /** The response of a scope; undefined if it has none of this id, or if it expired. */
  get(scope: string, id: string, nowMs: number): Promise<StoredResponse | undefined>;
  /** Ends a response that is being made. False if it is not being made any more: it was ended or deleted. */
  end(owner: ResponseOwner, id: string, data: string, more?: WithResponse): Promise<boolean>;
  /** Says that a response is still being made. False if it is not. */
  renew(scope: string, id: string, untilMs: number): Promise<boolean>;
  /** Adds events to a response, which count as its bytes. False if it is not being made any more. */
  putEvents(scope: string, id: string, events: StoredEvents, mostBytesOfScope: number): Promise<boolean>;
  /** Events of a response, at most so many batches, the first of which holds number `from`. Undefined if there is no such response. */
  events(scope: string, id: string, range: EventRange): Promise<EventsPage | undefined>;
  /** Which responses of a scope have these items: the newest for each. */
  holdersOf(scope: string, itemIds: readonly string[], nowMs: number): Promise<ReadonlyMap<string, string>>;
  /** Deletes a response. False if there is none. */
  delete(scope: string, id: string, nowMs: number): Promise<boolean>;
  /** Deletes what expired; resolves to how many those were. */
  prune(nowMs: number): Promise<number>;
}
