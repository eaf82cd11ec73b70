import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { OutputGuard, StateSlot, WrittenCall } from '../../exchange/slots.ts';
import {
  inputItemsOf,
  type KeepingAsked,
  outputAsInput,
  ownReasoningIds,
  preparedRequest,
  readKeeping,
  refersToItem,
  unkeptUpstream,
  withoutReasoning,
} from '../../formats/openai-responses/kept-request.ts';
import { responseIn } from '../../formats/openai-responses/kept-response.ts';
import { readEnvelope } from '../../wire/envelope.ts';
import type { Hooks, RunningFeature, World } from '../feature.ts';
import { type BackgroundRun, BackgroundRuns } from './background-runs.ts';
import { ownerOf } from './owner-of.ts';
import type { StoredResponsesConfig } from './settings.ts';
import { type Reasoning, Shelf } from './shelf.ts';
import { VisibleResponses } from './visible-responses.ts';

/** What is known of one request between the slots. */
interface State {
  isKept: boolean;
  isInBackground: boolean;
  previousResponseId: string | undefined;
  /** Who made the reasoning of the earlier turns. */
  reasoning: Reasoning;
  run: BackgroundRun | undefined;
}

const MEBIBYTE = 1_048_576;
/** A stream says what it holds several times: as deltas, when a part is done, and at its end. */
const STREAM_FACTOR = 6;
/** An id that can be asked for again. */
const ID = /^[\w.:-]{1,256}$/;

/** The store of responses in a gateway. */
export class RunningStoredResponses implements RunningFeature<StoredResponsesConfig> {
  readonly storedResponses: VisibleResponses;
  readonly #world: World;
  readonly #shelf: Shelf;
  readonly #runs: BackgroundRuns;
  readonly #states: StateSlot<State>;

  constructor(world: World) {
    this.#world = world;
    this.#shelf = new Shelf(world);
    this.#runs = new BackgroundRuns(world, this.#shelf);
    this.storedResponses = new VisibleResponses(this.#shelf, this.#runs);
    this.#states = world.stateSlot(() => ({
      ...{ isKept: false, isInBackground: false, previousResponseId: undefined, reasoning: [], run: undefined },
    }));
  }

  hooks(config: StoredResponsesConfig): Hooks {
    this.#shelf.config = config;
    const formats = ['openai-responses'] as const;
    // What names kept objects is refused also if nothing is kept.
    if (!config.isOn) return { formats, prepare: (exchange) => refuseAll(exchange) };
    return {
      formats,
      prepare: (exchange) => this.#prepare(exchange, config),
      rewrite: (exchange, call) => this.#rewrite(exchange, call),
      guardOutput: (exchange) => this.#keep(exchange, config),
      settled: (exchange) => {
        const { run } = exchange.of(this.#states);
        if (run !== undefined) this.#runs.fail(run, exchange.error);
      },
    };
  }

  close(timeoutMs: number): Promise<void> {
    return this.#runs.close(timeoutMs);
  }

  async #prepare(exchange: Exchange, config: StoredResponsesConfig): Promise<Buffer | undefined> {
    const { body, envelope, endpoint, identity } = exchange;
    const asked = readKeeping(body, envelope);
    refuseForeign(exchange, asked);
    const store = flagOf(asked.store, 'store');
    const inBackground = flagOf(asked.background, 'background') === true;
    const state = exchange.of(this.#states);
    state.isKept = endpoint.operation.id === 'response' && store !== false && identity !== undefined;
    if (inBackground && identity !== undefined) {
      refuseBackground(exchange, state.isKept, config);
      this.#runs.refuseOneMore(identity.keyHash);
      state.isInBackground = true;
    }
    const before = await this.#before(exchange, asked);
    if (before === undefined && !state.isKept) return undefined;
    state.previousResponseId = before?.id;
    state.reasoning = before?.reasoning ?? [];
    return preparedRequest(body, envelope, { before: before?.items, isKept: state.isKept });
  }

  /** The items of the earlier turns. */
  async #before({ identity }: Exchange, { previousResponseId: id }: KeepingAsked) {
    if (id === undefined || identity === undefined) return undefined;
    const param = 'previous_response_id';
    if (typeof id !== 'string') {
      throw new GatewayError('invalid_request', '`previous_response_id` must be a string: the id of a response.', {
        param,
      });
    }
    const found = ID.test(id) ? await this.#shelf.find(ownerOf(identity), id) : undefined;
    if (found === undefined) {
      const words = `Previous response with id '${id.slice(0, 256)}' not found.`;
      throw new GatewayError('unknown_previous_response', words, { param });
    }
    const { response, input, reasoning } = found;
    if (response.status !== 'completed' && response.status !== 'incomplete') {
      const words = `The previous response with id '${id}' is ${String(response.status)}, so it cannot be continued. Only a response that is completed can.`;
      throw new GatewayError('invalid_request', words, { param });
    }
    return { id, reasoning, items: [...input, ...outputAsInput(response)] };
  }

  /** What goes to OpenAI's API: it stores nothing, and is sent no reasoning that another account encrypted. */
  #rewrite(exchange: Exchange, { deployment, format, body }: WrittenCall): Buffer | undefined {
    if (format !== 'openai-responses') return undefined;
    const { isKept, reasoning } = exchange.of(this.#states);
    let written = body;
    const foreign = new Set(reasoning.flatMap(([item, maker]) => (maker === deployment.id ? [] : [item])));
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
    const { identity, body } = exchange;
    if (!state.isKept || identity === undefined) return NO_GUARDS;
    const owner = ownerOf(identity);
    if (state.isInBackground) state.run = this.#runs.start(exchange, owner, state.previousResponseId);
    const { run, previousResponseId = null } = state;
    const take = (response: JsonObject | undefined): void => {
      if (response === undefined) return;
      const maker = exchange.deployment?.id ?? '';
      const reasoning: Reasoning = [
        ...state.reasoning,
        ...ownReasoningIds(response).map((item) => [item, maker] as const),
      ];
      if (run !== undefined) {
        this.#runs.complete(run, response, reasoning);
        return;
      }
      const { id } = response;
      if (typeof id !== 'string' || !ID.test(id)) return;
      const asked = parseJson(body.toString('utf8'));
      const input = isJsonObject(asked) ? inputItemsOf(asked) : [];
      const told = { ...response, store: true, previous_response_id: previousResponseId };
      this.#shelf.put(owner, id, { response: told, input, reasoning }).catch((error: unknown) => {
        this.#world.onFault(`the response ${id} could not be stored`, error);
      });
    };
    return [
      {
        sees: 'copy',
        maxBytes: config.mostMegabytes * MEBIBYTE * (exchange.stream ? STREAM_FACTOR : 1),
        take: ({ body: answer, isStream }) => take(responseIn(answer, isStream)),
      },
    ];
  }
}

const NO_GUARDS: readonly OutputGuard[] = [];

/** Refuses what names an object that is kept somewhere else: whose it is cannot be known here. */
function refuseForeign({ body, envelope }: Exchange, { namesKept }: KeepingAsked): void {
  if (namesKept !== undefined) {
    const words =
      namesKept === 'prompt'
        ? 'Prompts that are kept at a provider cannot be used. Send `instructions` and `input` themselves.'
        : 'Conversations are not kept by this gateway. Use `previous_response_id`, or send the earlier items in `input`.';
    throw new GatewayError('invalid_request', `\`${namesKept}\`: ${words}`, { param: namesKept });
  }
  if (!refersToItem(body, envelope)) return;
  throw new GatewayError(
    'invalid_request',
    'An item of `input` only refers to an item of an earlier response. Send the item itself, or use `previous_response_id`.',
    { param: 'input' },
  );
}

function refuseAll(exchange: Exchange): undefined {
  const asked = readKeeping(exchange.body, exchange.envelope);
  refuseForeign(exchange, asked);
  const param =
    asked.previousResponseId !== undefined
      ? 'previous_response_id'
      : asked.background === true
        ? 'background'
        : undefined;
  if (param === undefined) return undefined;
  const instead = param === 'background' ? 'Ask without it' : 'Send the earlier items in `input`';
  throw new GatewayError(
    'invalid_request',
    `\`${param}\` needs stored responses, and this gateway stores none: \`general_settings.responses_store\` is off. ${instead}.`,
    { param },
  );
}

function refuseBackground(exchange: Exchange, isKept: boolean, { mostMegabytes }: StoredResponsesConfig): void {
  const refuse = (words: string): never => {
    throw new GatewayError('invalid_request', words, { param: 'background' });
  };
  if (exchange.stream)
    refuse(
      '`background` cannot be streamed here. Leave out `stream`, and ask `GET /v1/responses/{id}` for the response.',
    );
  if (!isKept) refuse('`background` needs `store`: the response is found by its id. Leave out `store: false`.');
  if (exchange.body.length > mostMegabytes * MEBIBYTE)
    refuse(
      `The request is larger than ${mostMegabytes} MiB (general_settings.responses_store_max_mb). Ask without \`background\`.`,
    );
}

function flagOf(value: KeepingAsked['store'], param: string): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw new GatewayError('invalid_request', `\`${param}\` must be true or false.`, { param });
}
