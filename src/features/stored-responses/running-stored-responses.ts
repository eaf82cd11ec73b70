import type { GatewayConfig } from '../../config/gateway-config.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { OutputGuard, StateSlot, WrittenCall } from '../../exchange/slots.ts';
import { idsOfItems, itemsOfTurn } from '../../formats/openai-responses/kept-items.ts';
import {
  encryptedIds,
  inputItemsOf,
  type KeepingAsked,
  preparedRequest,
  readKeeping,
  unkeptUpstream,
  withoutReasoning,
} from '../../formats/openai-responses/kept-request.ts';
import { responseIn } from '../../formats/openai-responses/kept-response.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { ResponseOwner, WithResponse } from '../../stores/contracts/responses.ts';
import { readEnvelope } from '../../wire/envelope.ts';
import type { Hooks, RunningFeature, World } from '../feature.ts';
import { type BackgroundRun, BackgroundRuns } from './background-runs.ts';
import { ConversationShelf } from './conversation-shelf.ts';
import { type EarlierTurns, EarlierTurnsReader } from './earlier-turns.ts';
import { Followers } from './followers.ts';
import { ownerOf } from './owner-of.ts';
import {
  flagOf,
  providerIds,
  refuseAll,
  refuseBackground,
  refuseForeign,
  refuseForeignCompaction,
  refuseWithoutIds,
} from './refusals.ts';
import type { StoredResponsesConfig } from './settings.ts';
import { type Reasoning, Shelf } from './shelf.ts';
import { TurnClient } from './turn-client.ts';
import { VisibleConversations } from './visible-conversations.ts';
import { VisibleResponses } from './visible-responses.ts';

/** What is known of one request between the slots. */
interface State {
  isKept: boolean;
  isInBackground: boolean;
  earlier: EarlierTurns | undefined;
  /** Members that name something which the provider keeps. */
  providerIds: readonly string[];
  run: BackgroundRun | undefined;
  /** In front of the client of a turn that goes on from what is kept. */
  client: TurnClient | undefined;
  /** Whether the answer was handed over to be stored. */
  isTaken: boolean;
}

const MEBIBYTE = 1_048_576;
/** A stream says what it holds several times: as deltas, when a part is done, and at its end. */
const STREAM_FACTOR = 6;
/** An id that can be asked for again. */
const ID = /^[\w.:-]{1,256}$/;
const NO_IDS: readonly string[] = [];
const UNKNOWN: ReadonlySet<string> = new Set(['unknown_previous_response', 'unknown_conversation']);
const ENDED: ReadonlySet<unknown> = new Set(['completed', 'incomplete']);

/** The store of responses in a gateway. */
export class RunningStoredResponses implements RunningFeature<StoredResponsesConfig> {
  readonly storedResponses: VisibleResponses;
  readonly #world: World;
  readonly #shelf: Shelf;
  readonly #conversations: ConversationShelf;
  readonly #turns: EarlierTurnsReader;
  readonly #runs: BackgroundRuns;
  readonly #followers: Followers;
  readonly #states: StateSlot<State>;

  constructor(world: World) {
    this.#world = world;
    this.#shelf = new Shelf(world);
    this.#conversations = new ConversationShelf(world);
    this.#turns = new EarlierTurnsReader(this.#shelf, this.#conversations);
    this.#followers = new Followers(this.#shelf);
    this.#runs = new BackgroundRuns(world, this.#shelf, this.#followers);
    const conversations = new VisibleConversations(this.#conversations);
    this.storedResponses = new VisibleResponses(this.#shelf, this.#runs, this.#followers, conversations);
    this.#states = world.stateSlot(() => ({
      ...{ isKept: false, isInBackground: false, isTaken: false },
      ...{ earlier: undefined, providerIds: NO_IDS, run: undefined, client: undefined },
    }));
  }

  hooks(config: StoredResponsesConfig, { server }: GatewayConfig): Hooks {
    this.#shelf.config = config;
    this.#followers.pingMs = server.keepAlivePingMs;
    this.#conversations.config = config;
    const formats = ['openai-responses'] as const;
    // What names kept objects is refused also if nothing is kept.
    if (!config.isOn) return this.#hooksWithoutStore(config);
    return {
      formats,
      prepare: (exchange) => this.#prepare(exchange, config),
      rank: (exchange, deployments) => this.#rank(exchange, deployments),
      rewrite: (exchange, call) => this.#rewrite(exchange, call),
      guardOutput: (exchange) => this.#keep(exchange, config),
      settled: (exchange) => this.#settled(exchange),
    };
  }

  #hooksWithoutStore(config: StoredResponsesConfig): Hooks {
    return {
      formats: ['openai-responses'],
      prepare: (exchange) => {
        const ids = refuseAll(exchange, config);
        if (ids.length > 0) exchange.of(this.#states).providerIds = ids;
        return undefined;
      },
      rewrite: (exchange, { deployment, format }) => {
        if (format !== 'openai-responses' || exchange.lane !== 'relay') {
          refuseWithoutIds(exchange.of(this.#states).providerIds, deployment);
        }
        return undefined;
      },
    };
  }

  close(timeoutMs: number): Promise<void> {
    return this.#runs.close(timeoutMs);
  }

  async #prepare(exchange: Exchange, config: StoredResponsesConfig): Promise<Buffer | undefined> {
    const { body, envelope, endpoint, identity } = exchange;
    const asked = readKeeping(body, envelope);
    refuseForeign(asked, config);
    const store = flagOf(asked.store, 'store');
    const inBackground = flagOf(asked.background, 'background') === true;
    if (identity === undefined) return undefined;
    const state = exchange.of(this.#states);
    state.isKept = endpoint.operation.id === 'response' && store !== false;
    if (inBackground) {
      refuseBackground(exchange, state.isKept, config);
      this.#runs.refuseOneMore(identity.keyHash);
      state.isInBackground = true;
    }
    if (config.letsProviderIdsPass && asked.prompt !== undefined) state.providerIds = ['prompt'];
    const earlier = await this.#earlier(exchange, state, asked, config);
    if (earlier === undefined) return undefined;
    state.earlier = earlier;
    const { before, input } = earlier;
    if (before === undefined && input === undefined && !state.isKept) return undefined;
    return preparedRequest(body, envelope, { before, input, isKept: state.isKept });
  }

  /** What a request builds on; undefined if the provider keeps that, and then also what follows it. */
  async #earlier(
    exchange: Exchange,
    state: State,
    asked: KeepingAsked,
    { letsProviderIdsPass }: StoredResponsesConfig,
  ): Promise<EarlierTurns | undefined> {
    const { identity } = exchange;
    if (identity === undefined) return undefined;
    try {
      return await this.#turns.read(exchange, ownerOf(identity), asked);
    } catch (error) {
      const isUnknown = error instanceof GatewayError && UNKNOWN.has(error.code);
      if (!isUnknown || !letsProviderIdsPass || state.isInBackground) throw error;
      state.isKept = false;
      state.providerIds = providerIds(asked);
      return undefined;
    }
  }

  /** Only the deployment that compacted a conversation can go on with it. If it cannot be asked now, its refusal says why. */
  #rank(exchange: Exchange, deployments: readonly Deployment[]): readonly Deployment[] {
    const { earlier } = exchange.of(this.#states);
    if (earlier === undefined || earlier.compactedBy.size === 0) return deployments;
    return deployments.filter(({ id }) => earlier.compactedBy.has(id));
  }

  /** What goes to OpenAI's API: it stores nothing, and is sent no reasoning that another account encrypted. */
  #rewrite(exchange: Exchange, { deployment, format, body }: WrittenCall): Buffer | undefined {
    const { isKept, earlier, providerIds: ids } = exchange.of(this.#states);
    if (format !== 'openai-responses' || exchange.lane !== 'relay') refuseWithoutIds(ids, deployment);
    if (format !== 'openai-responses') return undefined;
    if (earlier !== undefined && [...earlier.compactedBy].some((maker) => maker !== deployment.id)) {
      refuseForeignCompaction(deployment);
    }
    let written = body;
    const foreign = new Set(earlier?.reasoning.flatMap(([item, maker]) => (maker === deployment.id ? [] : [item])));
    if (foreign.size > 0) {
      const envelope = readEnvelope(written);
      if (envelope.ok) written = withoutReasoning(written, envelope, foreign);
    }
    if (isKept && exchange.lane === 'relay') {
      const envelope = readEnvelope(written);
      const { how = 'never' } = deployment.abilities.reasoning ?? {};
      if (envelope.ok) written = unkeptUpstream(written, envelope, how !== 'never');
    }
    return written === body ? undefined : written;
  }

  #keep(exchange: Exchange, config: StoredResponsesConfig): readonly OutputGuard[] {
    const state = exchange.of(this.#states);
    const { identity } = exchange;
    if (!state.isKept || identity === undefined) return NO_GUARDS;
    const owner = ownerOf(identity);
    const told = toldOf(state.earlier);
    const maxBytes = config.mostMegabytes * MEBIBYTE * (exchange.stream ? STREAM_FACTOR : 1);
    if (state.isInBackground) state.run = this.#runs.start(exchange, { owner, told, mostBytes: maxBytes });
    else if (state.earlier?.before !== undefined) {
      const { conversationId } = state.earlier;
      state.client = new TurnClient(exchange.client, {
        ...{ told, holdsEnd: conversationId !== undefined },
        onLate: () => this.#world.log.app.warn({ id: conversationId }, 'A turn ended before its conversation had it'),
      });
      exchange.client = state.client;
    }
    return [
      {
        sees: 'copy',
        maxBytes,
        take: ({ body, isStream }) => this.#take(exchange, state, owner, responseIn(body, isStream)),
      },
    ];
  }

  /** Stores an answer, with what it adds to its conversation. */
  #take(exchange: Exchange, state: State, owner: ResponseOwner, response: JsonObject | undefined): void {
    if (response === undefined) return;
    state.isTaken = true;
    const { earlier, run } = state;
    const maker = exchange.deployment?.id ?? '';
    const reasoning: Reasoning = [
      ...(earlier?.reasoning ?? []),
      ...encryptedIds(response).map((item) => [item, maker] as const),
    ];
    const asked = parseJson(exchange.body.toString('utf8'));
    const input = isJsonObject(asked) ? inputItemsOf(asked) : [];
    const own = itemsOfTurn(input.slice(earlier?.before?.length ?? 0), response);
    const more: WithResponse = { itemIds: idsOfItems(own), ...this.#addition(earlier, own, response, reasoning) };
    if (run !== undefined) {
      this.#runs.complete(run, response, reasoning, more);
      return;
    }
    const { id } = response;
    if (typeof id !== 'string' || !ID.test(id)) {
      state.client?.release();
      return;
    }
    const kept = { response: { ...response, ...toldOf(earlier) }, input, reasoning };
    this.#shelf
      .put(owner, id, kept, more)
      .catch((error: unknown) => this.#world.onFault(`the response ${id} could not be stored`, error))
      .finally(() => state.client?.release());
  }

  #addition(
    earlier: EarlierTurns | undefined,
    own: readonly JsonObject[],
    response: JsonObject,
    reasoning: Reasoning,
  ): Pick<WithResponse, 'addition'> {
    if (earlier?.conversationId === undefined || !ENDED.has(response.status)) return {};
    const makers = new Map(reasoning);
    const items = this.#conversations.keptItems(
      own.map((item) => {
        const maker = typeof item.id === 'string' ? makers.get(item.id) : undefined;
        return maker === undefined ? [item] : [item, maker];
      }),
    );
    return { addition: this.#conversations.addition(earlier.conversationId, items) };
  }

  #settled(exchange: Exchange): void {
    const { run, client, isTaken, earlier } = exchange.of(this.#states);
    if (run !== undefined) this.#runs.fail(run, exchange.error);
    if (client === undefined || isTaken) return;
    client.release();
    if (earlier?.conversationId === undefined || exchange.error !== undefined) return;
    this.#world.log.app.warn(
      { id: earlier.conversationId },
      'A turn is larger than responses_store_max_mb and was not added to its conversation',
    );
  }
}

const NO_GUARDS: readonly OutputGuard[] = [];

/** What only the gateway knows of a response that is kept. */
function toldOf(earlier: EarlierTurns | undefined): JsonObject {
  const { previousResponseId = null, conversationId } = earlier ?? {};
  return {
    ...{ store: true, previous_response_id: previousResponseId },
    ...(conversationId !== undefined && { conversation: { id: conversationId } }),
  };
}
