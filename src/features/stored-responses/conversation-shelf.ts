/** Conversations that are stored for clients: written and read as their items, sealed if the configuration says so. */
import { randomBytes } from 'node:crypto';
import { GatewayError } from '../../core/errors.ts';
import { type JsonObject, type JsonValue, objectOf, stringOf } from '../../core/json.ts';
import { itemId } from '../../formats/openai-responses/kept-items.ts';
import type { ItemsAsked, StoredConversation } from '../../stores/contracts/conversations.ts';
import type { Addition, ResponseOwner, StoredItem } from '../../stores/contracts/responses.ts';
import type { World } from '../feature.ts';
import { answered } from './answered.ts';
import type { StoredResponsesConfig } from './settings.ts';

/** An item of a conversation. */
export interface KeptItem {
  readonly id: string;
  readonly item: JsonObject;
  /** The deployment that made it, if no other one may be able to read it. */
  readonly maker?: string;
}

/** A conversation without its items. */
export interface KeptConversation {
  readonly id: string;
  readonly createdAtMs: number;
  readonly metadata: JsonObject;
}

/** An item that is added, and the deployment that made it if no other one may be able to read it. */
type NewItem = readonly [item: JsonObject, maker?: string];

const MEBIBYTE = 1_048_576;
const SEALED = /^s\d:/;
const ID_BYTES = 24;

/** The conversations of all owners. */
export class ConversationShelf {
  readonly #world: World;
  config: StoredResponsesConfig | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  /** Makes a conversation with its first items. */
  async create(owner: ResponseOwner, metadata: JsonObject, items: readonly JsonObject[]): Promise<KeptConversation> {
    const id = `conv_${newEnding()}`;
    const nowMs = this.#now();
    const stored: StoredConversation = {
      ...{ id, createdAtMs: nowMs, expiresAtMs: this.#expiry(nowMs) },
      data: this.#sealed(id, '', metadata),
    };
    const kept = this.keptItems(items.map((item) => [item]));
    this.refuseLarger(sizeOfItems(kept));
    const first = this.#stored(id, kept);
    const isMade = await answered(this.#world.conversations.create(owner, stored, first, this.#mostOfScope));
    if (!isMade) throw unknownConversation(id);
    return { id, createdAtMs: nowMs, metadata };
  }

  /** A conversation; throws if an owner has none of this id. */
  async find({ scope }: ResponseOwner, id: string): Promise<KeptConversation> {
    const stored = await answered(this.#world.conversations.get(scope, id, this.#now()));
    const metadata = stored === undefined ? undefined : this.#opened(id, '', stored.data);
    if (stored === undefined || metadata === undefined) throw unknownConversation(id);
    return { id, createdAtMs: stored.createdAtMs, metadata };
  }

  async setMetadata({ scope }: ResponseOwner, id: string, metadata: JsonObject): Promise<void> {
    const { conversations } = this.#world;
    const isThere = await answered(conversations.setData(scope, id, this.#sealed(id, '', metadata), this.#now()));
    if (!isThere) throw unknownConversation(id);
  }

  async delete({ scope }: ResponseOwner, id: string): Promise<void> {
    const isThere = await answered(this.#world.conversations.delete(scope, id, this.#now()));
    if (!isThere) throw unknownConversation(id);
  }

  /** All items of a conversation, oldest first; throws if there is no such conversation. */
  async items(owner: ResponseOwner, id: string): Promise<readonly KeptItem[]> {
    await this.find(owner, id);
    const stored = await answered(this.#world.conversations.items(owner.scope, id));
    return stored.flatMap((each) => this.#item(id, each) ?? []);
  }

  /** Some items of a conversation; undefined if it has no item `after`. */
  async page(owner: ResponseOwner, id: string, asked: ItemsAsked): Promise<readonly KeptItem[] | undefined> {
    await this.find(owner, id);
    const stored = await answered(this.#world.conversations.page(owner.scope, id, asked));
    return stored?.flatMap((each) => this.#item(id, each) ?? []);
  }

  /** The items of these ids in any conversation of an owner, by their ids. */
  async findItems({ scope }: ResponseOwner, ids: readonly string[]): Promise<ReadonlyMap<string, FoundItem>> {
    const stored = await answered(this.#world.conversations.find(scope, ids, this.#now()));
    return new Map(
      stored.flatMap(({ conversationId, ...each }): [string, FoundItem][] => {
        const kept = this.#item(conversationId, each);
        return kept === undefined ? [] : [[each.id, { ...kept, conversationId }]];
      }),
    );
  }

  /** Adds items to a conversation; throws if there is none. */
  async add(owner: ResponseOwner, id: string, items: readonly KeptItem[]): Promise<void> {
    await this.find(owner, id);
    const size = await answered(this.#world.conversations.sizeOf(owner.scope, id));
    this.refuseLarger(size + sizeOfItems(items));
    await this.addAddition(owner, this.addition(id, items));
  }

  async addAddition(owner: ResponseOwner, addition: Addition): Promise<void> {
    const isThere = await answered(this.#world.conversations.add(owner, addition, this.#mostOfScope));
    if (!isThere) throw unknownConversation(addition.conversationId);
  }

  /** What is added to a conversation, as the store takes it. */
  addition(conversationId: string, items: readonly KeptItem[]): Addition {
    const nowMs = this.#now();
    return { conversationId, items: this.#stored(conversationId, items), nowMs, expiresAtMs: this.#expiry(nowMs) };
  }

  /** An item of a conversation; of several with one id the newest. */
  async itemOf({ scope }: ResponseOwner, conversationId: string, id: string): Promise<KeptItem | undefined> {
    const stored = await answered(this.#world.conversations.item(scope, conversationId, id));
    return stored === undefined ? undefined : this.#item(conversationId, stored);
  }

  async deleteItem(owner: ResponseOwner, id: string, item: string): Promise<KeptConversation> {
    const conversation = await this.find(owner, id);
    if (await answered(this.#world.conversations.deleteItem(owner.scope, id, item))) return conversation;
    throw unknownItem(item);
  }

  /** Items, with new ids where they have none. */
  keptItems(items: readonly NewItem[]): readonly KeptItem[] {
    return items.map(([item, maker]) => ({
      ...{ id: itemId(item, newEnding), item },
      ...(maker !== undefined && { maker }),
    }));
  }

  /** Refuses to let a conversation grow without end. */
  refuseLarger(bytes: number): void {
    const { mostMegabytes = 0 } = this.config ?? {};
    if (bytes <= mostMegabytes * MEBIBYTE) return;
    throw new GatewayError(
      'invalid_request',
      `The conversation would be larger than ${mostMegabytes} MiB (general_settings.responses_store_max_mb). Begin another one, or delete some of its items.`,
      { param: 'conversation' },
    );
  }

  get #mostOfScope(): number {
    return (this.config?.mostMegabytesOfScope ?? 0) * MEBIBYTE;
  }

  #now(): number {
    return Math.round(this.#world.clock.nowMs());
  }

  #expiry(nowMs: number): number {
    return nowMs + (this.config?.retentionMs ?? 0);
  }

  #stored(conversationId: string, items: readonly KeptItem[]): readonly StoredItem[] {
    return items.map(({ id, item, maker }) => ({
      id,
      data: this.#sealed(conversationId, id, { item, ...(maker !== undefined && { maker }) }),
    }));
  }

  #item(conversationId: string, { id, data }: StoredItem): KeptItem | undefined {
    const value = this.#opened(conversationId, id, data);
    const item = objectOf(value?.item);
    if (item === undefined) return undefined;
    const maker = stringOf(value?.maker);
    return { id, item, ...(maker !== undefined && { maker }) };
  }

  #sealed(id: string, item: string, value: JsonObject): string {
    const text = JSON.stringify(value);
    return this.config?.isEncrypted === true ? this.#world.seal.seal(text, `conversation ${id} ${item}`) : text;
  }

  /** Undefined if it was sealed under a key that is not known any more: for its client it does not exist. */
  #opened(id: string, item: string, data: string): JsonObject | undefined {
    if (!SEALED.test(data)) return objectOf(JSON.parse(data) as JsonValue);
    try {
      return objectOf(JSON.parse(this.#world.seal.unseal(data, `conversation ${id} ${item}`)) as JsonValue);
    } catch (error) {
      this.#world.onFault(`the stored conversation ${id} cannot be opened`, error);
      return undefined;
    }
  }
}

/** An item, and the conversation that it is in. */
interface FoundItem extends KeptItem {
  readonly conversationId: string;
}

/** About how much room items take. */
export function sizeOfItems(items: readonly KeptItem[]): number {
  return items.reduce((sum, { item }) => sum + Buffer.byteLength(JSON.stringify(item)), 0);
}

function newEnding(): string {
  return randomBytes(ID_BYTES).toString('hex');
}

function unknownConversation(id: string): GatewayError {
  return new GatewayError('unknown_conversation', `Conversation with id '${id.slice(0, 256)}' not found.`, {
    param: 'conversation',
  });
}

/** The error for an item that no conversation of this owner has. */
export function unknownItem(id: string): GatewayError {
  return new GatewayError('unknown_item', `Item with id '${id.slice(0, 256)}' not found.`, { param: 'item_id' });
}
