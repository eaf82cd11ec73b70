/**
 * Conversations that were stored for their clients: found by scope and id together, erased with the key, team or user that they belong
 * to, and when they were not added to for as long as their retention says. Times are milliseconds since the epoch.
 */
import type { Addition, ResponseOwner, StoredItem } from './responses.ts';

/** A conversation without its items. */
export interface StoredConversation {
  readonly id: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** Its metadata, as text; sealed if the configuration says so. */
  readonly data: string;
}

/** An item, and where it was found. */
export interface FoundItem extends StoredItem {
  readonly conversationId: string;
}

/** Which items of a list are asked for. */
export interface ItemsAsked {
  /** Items behind this one. */
  readonly after: string | undefined;
  readonly limit: number;
  readonly isNewestFirst: boolean;
}

/** The store of conversations. Any method may reject with a DatabaseUnavailableError. */
export interface ConversationStore {
  /**
   * Stores a conversation with its first items. False if its key was deleted meanwhile. The conversations of the scope that were not
   * used for longest are deleted if it then has more than `mostBytesOfScope`.
   */
  create(
    owner: ResponseOwner,
    conversation: StoredConversation,
    items: readonly StoredItem[],
    mostBytesOfScope: number,
  ): Promise<boolean>;
  /** The conversation of a scope; undefined if it has none of this id, or if it expired. */
  get(scope: string, id: string, nowMs: number): Promise<StoredConversation | undefined>;
  /** Puts other metadata in the place of what there is. False if there is no such conversation. */
  setData(scope: string, id: string, data: string, nowMs: number): Promise<boolean>;
  /** Adds items. False if there is no such conversation, or if the key was deleted meanwhile. */
  add(owner: ResponseOwner, addition: Addition, mostBytesOfScope: number): Promise<boolean>;
  /** How many bytes the items of a conversation take. */
  sizeOf(scope: string, id: string): Promise<number>;
  /** All items of a conversation, oldest first. */
  items(scope: string, id: string): Promise<readonly StoredItem[]>;
  /** An item of a conversation; of several with one id the newest. */
  item(scope: string, id: string, itemId: string): Promise<StoredItem | undefined>;
  /** Some items of a conversation; undefined if it has no item `after`. */
  page(scope: string, id: string, asked: ItemsAsked): Promise<readonly StoredItem[] | undefined>;
  /** The items of these ids in any conversation of a scope; of several with one id the newest. */
  find(scope: string, ids: readonly string[], nowMs: number): Promise<readonly FoundItem[]>;
  /** Deletes an item. False if there is none. */
  deleteItem(scope: string, id: string, itemId: string): Promise<boolean>;
  /** Deletes a conversation with its items. False if there is none. */
  delete(scope: string, id: string, nowMs: number): Promise<boolean>;
  /** Deletes what expired; resolves to how many those were. */
  prune(nowMs: number): Promise<number>;
}
