import { GatewayError } from '../../core/errors.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { ItemsPage, StoredConversations } from '../../exchange/stored-responses.ts';
import { FormatError } from '../../formats/format.ts';
import { checkedItems, checkedMetadata } from '../../formats/openai-responses/kept-items.ts';
import { listedItem } from '../../formats/openai-responses/kept-response.ts';
import type { Identity } from '../../tenancy/identity.ts';
import { type ConversationShelf, type KeptConversation, type KeptItem, unknownItem } from './conversation-shelf.ts';
import { ownerOf } from './owner-of.ts';

/** As OpenAI allows. */
const MOST_ITEMS_AT_ONCE = 20;

/** Stored conversations as their owners see them. */
export class VisibleConversations implements StoredConversations {
  readonly #shelf: ConversationShelf;

  constructor(shelf: ConversationShelf) {
    this.#shelf = shelf;
  }

  async create(identity: Identity, { items, metadata }: JsonObject): Promise<JsonObject> {
    this.#refuseIfOff();
    const first = items === undefined || items === null ? [] : readItems(items);
    const kept = await this.#shelf.create(
      ownerOf(identity),
      checked(() => checkedMetadata(metadata)),
      first,
    );
    return shown(kept);
  }

  async show(identity: Identity, id: string): Promise<JsonObject> {
    this.#refuseIfOff();
    return shown(await this.#shelf.find(ownerOf(identity), id));
  }

  async update(identity: Identity, id: string, { metadata }: JsonObject): Promise<JsonObject> {
    this.#refuseIfOff();
    const owner = ownerOf(identity);
    await this.#shelf.setMetadata(
      owner,
      id,
      checked(() => checkedMetadata(metadata)),
    );
    return shown(await this.#shelf.find(owner, id));
  }

  async delete(identity: Identity, id: string): Promise<JsonObject> {
    this.#refuseIfOff();
    await this.#shelf.delete(ownerOf(identity), id);
    return { id, object: 'conversation.deleted', deleted: true };
  }

  async items(identity: Identity, id: string, { after, limit, order }: ItemsPage): Promise<JsonObject> {
    this.#refuseIfOff();
    const asked = { after, limit: limit + 1, isNewestFirst: order === 'desc' };
    const found = await this.#shelf.page(ownerOf(identity), id, asked);
    if (found === undefined) {
      const words = `No item of this conversation has the id '${(after ?? '').slice(0, 256)}'.`;
      throw new GatewayError('invalid_request', words, { param: 'after' });
    }
    return listOf(found.slice(0, limit).map(shownItem), found.length > limit);
  }

  async addItems(identity: Identity, id: string, { items }: JsonObject): Promise<JsonObject> {
    this.#refuseIfOff();
    const owner = ownerOf(identity);
    const added = this.#shelf.keptItems(readItems(items).map((item) => [item]));
    await this.#shelf.add(owner, id, added);
    return listOf(added.map(shownItem), false);
  }

  async showItem(identity: Identity, id: string, item: string): Promise<JsonObject> {
    this.#refuseIfOff();
    const owner = ownerOf(identity);
    await this.#shelf.find(owner, id);
    const found = await this.#shelf.itemOf(owner, id, item);
    if (found === undefined) throw unknownItem(item);
    return shownItem(found);
  }

  async deleteItem(identity: Identity, id: string, item: string): Promise<JsonObject> {
    this.#refuseIfOff();
    return shown(await this.#shelf.deleteItem(ownerOf(identity), id, item));
  }

  #refuseIfOff(): void {
    if (this.#shelf.config?.isOn === true) return;
    throw new GatewayError(
      'unknown_conversation',
      'This gateway stores no conversations: `general_settings.responses_store` is off.',
    );
  }
}

function shown({ id, createdAtMs, metadata }: KeptConversation): JsonObject {
  return { id, object: 'conversation', created_at: Math.floor(createdAtMs / 1_000), metadata };
}

function shownItem({ id, item }: KeptItem): JsonObject {
  return listedItem(item, id);
}

/** A page of a list, in OpenAI's words. */
export function listOf(data: readonly JsonObject[], hasMore: boolean): JsonObject {
  const [first, last] = [data[0], data.at(-1)];
  return { object: 'list', data: [...data], first_id: first?.id ?? null, last_id: last?.id ?? null, has_more: hasMore };
}

function readItems(value: JsonValue | undefined): readonly JsonObject[] {
  return checked(() => checkedItems(value, MOST_ITEMS_AT_ONCE));
}

function checked<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new GatewayError('invalid_request', error.message, { param: error.path, cause: error });
  }
}
