/** What a request builds on: an earlier response, a conversation, items that it refers to. */
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { asInput, idsOfItems, referredId, resolvedInput } from '../../formats/openai-responses/kept-items.ts';
import {
  encryptedIds,
  inputItemsOf,
  type KeepingAsked,
  makersOfCompactions,
  outputAsInput,
  refersToItem,
} from '../../formats/openai-responses/kept-request.ts';
import type { ResponseOwner } from '../../stores/contracts/responses.ts';
import { type ConversationShelf, type KeptItem, sizeOfItems } from './conversation-shelf.ts';
import { refusal } from './refusals.ts';
import { type Reasoning, type Shelf, sourceOfListedItem } from './shelf.ts';

/** What comes before the input of a request, and the input itself if it had to be changed. */
export interface EarlierTurns {
  /** Undefined: nothing comes before it. */
  readonly before: readonly JsonValue[] | undefined;
  /** Undefined: it stays as it was sent. */
  readonly input: readonly JsonValue[] | undefined;
  readonly reasoning: Reasoning;
  /** The deployments that made compactions among these items: no other one can read them. */
  readonly compactedBy: ReadonlySet<string>;
  readonly previousResponseId: string | undefined;
  readonly conversationId: string | undefined;
}

/** An id that can be asked for. */
const ID = /^[\w.:-]{1,256}$/;
/** Each of them is read whole. */
const MOST_RESPONSES_REFERRED_TO = 64;

/** Finds what requests build on. */
export class EarlierTurnsReader {
  readonly #shelf: Shelf;
  readonly #conversations: ConversationShelf;

  constructor(shelf: Shelf, conversations: ConversationShelf) {
    this.#shelf = shelf;
    this.#conversations = conversations;
  }

  async read(exchange: Exchange, owner: ResponseOwner, asked: KeepingAsked): Promise<EarlierTurns> {
    const { body, envelope } = exchange;
    if (asked.previousResponseId !== undefined && asked.conversation !== undefined) {
      throw refusal(
        'previous_response_id',
        "Mutually exclusive parameters: 'previous_response_id' and 'conversation'. Ensure you are only providing one of them.",
      );
    }
    const conversationId = conversationOf(asked);
    const kept = conversationId === undefined ? undefined : await this.#conversation(exchange, owner, conversationId);
    const previous = await this.#previous(owner, asked);
    const referred = refersToItem(body, envelope) ? await this.#referred(body, owner, kept) : undefined;
    const before = previous?.items ?? (kept && asInput(kept.map(({ item }) => item)));
    const input = referred?.input;
    const reasoning = [...(previous?.reasoning ?? []), ...reasoningOf(kept ?? []), ...(referred?.reasoning ?? [])];
    return {
      ...{ before, input, reasoning, conversationId },
      compactedBy: makersOfCompactions([...(before ?? []), ...(input ?? [])], reasoning),
      previousResponseId: previous?.id,
    };
  }

  async #previous(owner: ResponseOwner, { previousResponseId: id }: KeepingAsked) {
    if (id === undefined) return undefined;
    const param = 'previous_response_id';
    if (typeof id !== 'string') throw refusal(param, '`previous_response_id` must be a string: the id of a response.');
    const found = ID.test(id) ? await this.#shelf.find(owner, id) : undefined;
    if (found === undefined) {
      const words = `Previous response with id '${id.slice(0, 256)}' not found.`;
      throw new GatewayError('unknown_previous_response', words, { param });
    }
    const { response, input, reasoning } = found;
    if (response.status !== 'completed' && response.status !== 'incomplete') {
      throw refusal(
        param,
        `The previous response with id '${id}' is ${String(response.status)}, so it cannot be continued. Only a response that is completed can.`,
      );
    }
    return { id, reasoning, items: asInput([...input, ...outputAsInput(response)]) };
  }

  async #conversation({ body }: Exchange, owner: ResponseOwner, id: string): Promise<readonly KeptItem[]> {
    const items = await this.#conversations.items(owner, id);
    this.#conversations.refuseLarger(sizeOfItems(items) + body.length);
    refuseTwice(items, body);
    return items;
  }

  /** The input with the items that it refers to in their places. What is in its conversation already is not said twice. */
  async #referred(body: Buffer, owner: ResponseOwner, kept: readonly KeptItem[] | undefined) {
    const asked = parseJson(body.toString('utf8')) as JsonObject;
    const inConversation = new Set(kept?.map(({ id }) => id));
    const ids = inputItemsOf(asked).flatMap((item) => referredId(item) ?? []);
    const wanted = [...new Set(ids)].filter((id) => !inConversation.has(id));
    const found = new Map<string, Found>();
    for (const [id, { item, maker }] of await this.#conversations.findItems(owner, wanted)) {
      found.set(id, { item, maker });
    }
    await this.#findInResponses(
      owner,
      wanted.filter((id) => !found.has(id)),
      found,
    );
    const missing = wanted.find((id) => !found.has(id));
    if (missing !== undefined) throw unknownReference(missing);
    return {
      input: asInput(resolvedInput(asked, (id) => found.get(id)?.item)),
      reasoning: wanted.flatMap((id): Reasoning => {
        const maker = found.get(id)?.maker;
        return maker === undefined ? [] : [[id, maker]];
      }),
    };
  }

  async #findInResponses(owner: ResponseOwner, ids: readonly string[], found: Map<string, Found>): Promise<void> {
    const holders = new Map(
      await this.#shelf.holdersOf(
        owner,
        ids.filter((id) => ID.test(id)),
      ),
    );
    for (const id of ids) {
      const source = sourceOfListedItem(id);
      if (source !== undefined && !holders.has(id)) holders.set(id, source.responseId);
    }
    const responses = [...new Set(holders.values())];
    if (responses.length > MOST_RESPONSES_REFERRED_TO) {
      const words = `The items of \`input\` refer to ${responses.length} responses; at most ${MOST_RESPONSES_REFERRED_TO} are looked up. Use \`previous_response_id\` or \`conversation\`, or send the items themselves.`;
      throw refusal('input', words);
    }
    for (const responseId of responses) {
      const kept = await this.#shelf.find(owner, responseId);
      if (kept === undefined) continue;
      const { response, input, reasoning } = kept;
      const makers = new Map(reasoning);
      const all = [...input, ...(Array.isArray(response.output) ? response.output : [])];
      for (const [id, holder] of holders) {
        if (holder !== responseId) continue;
        const source = sourceOfListedItem(id);
        const item = all.find((each) => isJsonObject(each) && each.id === id) ?? (source && input[source.index]);
        if (isJsonObject(item)) found.set(id, { item, maker: makers.get(id) });
      }
    }
  }
}

interface Found {
  readonly item: JsonObject;
  readonly maker: string | undefined;
}

/** The id of the conversation that a request names. */
function conversationOf({ conversation }: KeepingAsked): string | undefined {
  if (conversation === undefined) return undefined;
  const id = isJsonObject(conversation) ? conversation.id : conversation;
  if (typeof id !== 'string') {
    throw refusal('conversation', '`conversation` must be the id of a conversation, or an object with its `id`.');
  }
  if (ID.test(id)) return id;
  throw new GatewayError('unknown_conversation', `Conversation with id '${id.slice(0, 256)}' not found.`, {
    param: 'conversation',
  });
}

/** Refuses to add an item to a conversation that has it. */
function refuseTwice(items: readonly KeptItem[], body: Buffer): void {
  const asked = parseJson(body.toString('utf8')) as JsonObject;
  const there = new Set(items.map(({ id }) => id));
  const own = inputItemsOf(asked).filter((item) => referredId(item) === undefined);
  const twice = idsOfItems(own).find((id) => there.has(id));
  if (twice === undefined) return;
  const words = `Duplicate item found with id ${twice}. Remove duplicate items from your input and try again.`;
  throw refusal('input', words);
}

function reasoningOf(items: readonly KeptItem[]): Reasoning {
  return items.flatMap(({ item, maker }): Reasoning => {
    const [id] = maker === undefined ? [] : encryptedIds({ output: [item] });
    return id === undefined || maker === undefined ? [] : [[id, maker]];
  });
}

/** OpenAI's words (2026-02, github.com/can1357/oh-my-pi/issues/41). */
function unknownReference(id: string): GatewayError {
  const words = `Item with id '${id.slice(0, 256)}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`;
  return new GatewayError('unknown_item', words, { param: 'input' });
}
