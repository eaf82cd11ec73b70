/** Responses that are made in the background on this instance. */
import { defined } from '../../core/defined.ts';
import { asGatewayError, GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import type { Client } from '../../exchange/client.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { errorBody } from '../../formats/client-error.ts';
import { eventsOfWhole, lastEvent, queuedEvents } from '../../formats/openai-responses/background-events.ts';
import { inputItemsOf } from '../../formats/openai-responses/kept-request.ts';
import { failedResponse, queuedResponse } from '../../formats/openai-responses/kept-response.ts';
import type { ResponseOwner, WithResponse } from '../../stores/contracts/responses.ts';
import type { World } from '../feature.ts';
import { BackgroundClient } from './background-client.ts';
import { BackgroundStream } from './background-stream.ts';
import { EventLog } from './event-log.ts';
import { type Followers, sendEvents } from './followers.ts';
import type { Reasoning, Shelf } from './shelf.ts';

/** One response that is being made. */
export interface BackgroundRun {
  readonly owner: ResponseOwner;
  readonly id: string;
  readonly client: BackgroundClient;
  readonly queued: JsonObject;
  /** Members that only the gateway knows. */
  readonly told: JsonObject;
  readonly input: readonly JsonValue[];
  /** Its events, if it is streamed. */
  readonly log: EventLog | undefined;
}

/** What a run begins with. */
interface RunStart {
  readonly owner: ResponseOwner;
  /** Members of the response that only the gateway knows. */
  readonly told: JsonObject;
  /** All events of a stream together may not be larger. */
  readonly mostBytes: number;
}

/** How long a response counts as being made if its instance does not say so again. */
const BELIEVED_MS = 30_000;
const RENEWED_EVERY_MS = 10_000;
const TOO_LARGE = 'The response is larger than responses_store_max_mb and was not stored.';
const STREAM_HEADERS = ['content-type', 'text/event-stream; charset=utf-8', 'cache-control', 'no-cache'];

/** All of them. */
export class BackgroundRuns {
  readonly #world: World;
  readonly #shelf: Shelf;
  readonly #followers: Followers;
  readonly #running = new Map<string, BackgroundRun>();
  #timer: NodeJS.Timeout | undefined;

  constructor(world: World, shelf: Shelf, followers: Followers) {
    this.#world = world;
    this.#shelf = shelf;
    this.#followers = followers;
  }

  /** Throws if a key has as many as it may have. */
  refuseOneMore(keyHash: string): void {
    const most = this.#shelf.config?.mostInBackground ?? 0;
    let count = 0;
    for (const { owner } of this.#running.values()) if (owner.keyHash === keyHash) count += 1;
    if (count < most) return;
    throw new GatewayError(
      'rate_limited',
      `This key has ${count} responses in the background already, as many as it may have (general_settings.max_background_responses). Wait until one is over, or cancel one.`,
      { retryAfterMs: 1_000 },
    );
  }

  /** Answers the client at once, or lets it follow the events, and lets the request go on without it. */
  start(exchange: Exchange, begun: RunStart): BackgroundRun {
    const { client, callId, body, startedAtMs, askedModel = '' } = exchange;
    const { owner, told } = begun;
    const parsed = parseJson(body.toString('utf8'));
    const asked = isJsonObject(parsed) ? parsed : {};
    const id = `resp_${callId}`;
    exchange.answerId = id;
    const queued = {
      ...queuedResponse(asked, id, askedModel, Math.floor(startedAtMs / 1_000)),
      ...told,
    };
    const known = { owner, id, queued, told, input: inputItemsOf(asked) };
    const run: BackgroundRun = exchange.stream
      ? this.#streamed(client, known, begun)
      : { ...known, client: new BackgroundClient(client), log: undefined };
    this.#running.set(placeOf(owner, id), run);
    this.#timer ??= setInterval(() => this.#renew(), RENEWED_EVERY_MS).unref();
    exchange.client = run.client;
    void this.#answer(client, run, callId);
    return run;
  }

  /** The events of a response that is streamed on this instance. */
  logOf(owner: ResponseOwner, id: string): EventLog | undefined {
    return this.#running.get(placeOf(owner, id))?.log;
  }

  #streamed(client: Client, known: Omit<BackgroundRun, 'client' | 'log'>, { told, mostBytes }: RunStart) {
    const { owner, id, queued } = known;
    const log = new EventLog(
      queuedEvents(queued),
      (events) => this.#shelf.putEvents(owner, id, events),
      () => this.leave(owner, id),
    );
    const stream = new BackgroundStream(client, log, { told: { ...told, id, background: true }, mostBytes });
    return { ...known, client: stream, log };
  }

  /** Answers the client of a run once the response can be found. */
  async #answer(client: Client, { owner, id, queued, input, log }: BackgroundRun, callId: string): Promise<void> {
    const idHeaders = ['x-litellm-call-id', callId, 'x-request-id', callId];
    const headers = ['content-type', 'application/json', ...idHeaders];
    const response = { ...queued, status: 'in_progress' };
    const runningUntilMs = this.#world.clock.nowMs() + BELIEVED_MS;
    const events = log && { first: 0, data: log.read(0)?.text ?? '' };
    try {
      await this.#shelf.put(owner, id, { response, input }, { runningUntilMs, ...defined({ events }) });
    } catch (cause) {
      const error = asGatewayError(cause);
      client.sendWhole(error.status, headers, errorBody(error));
      this.leave(owner, id);
      return;
    }
    if (log === undefined) {
      client.sendWhole(200, headers, Buffer.from(JSON.stringify(queued)));
      return;
    }
    client.startStream(200, [...STREAM_HEADERS, ...idHeaders]);
    await sendEvents(client, this.#followers.follow({ owner, id, from: 0, log })).catch((error: unknown) => {
      client.breakOff();
      this.#world.onFault(`the events of response ${id} could not be sent`, error);
    });
  }

  /** Stores the answer. */
  complete(run: BackgroundRun, answer: JsonObject, reasoning: Reasoning, more: WithResponse): void {
    const response = { ...answer, id: run.id, background: true, ...run.told };
    if (run.client instanceof BackgroundStream && !run.client.hasEvents) {
      for (const event of eventsOfWhole(response, run.log?.next ?? 0)) run.log?.add(event);
    }
    void this.#end(run, response, reasoning, more);
  }

  /** Stores that there is none, unless the run is over. */
  fail(run: BackgroundRun, error: GatewayError | undefined): void {
    const stream = run.client instanceof BackgroundStream ? run.client : undefined;
    const message = stream?.isTooLarge === true ? undefined : error?.message;
    const failed = failedResponse(run.queued, message ?? TOO_LARGE);
    void this.#end(
      run,
      stream?.failed === undefined ? failed : { ...failed, error: stream.failed.error ?? failed.error },
    );
  }

  /** Ends a run of this instance without storing anything. */
  leave(owner: ResponseOwner, id: string): void {
    const run = this.#running.get(placeOf(owner, id));
    if (run === undefined) return;
    this.#forget(run);
    run.client.leave();
    run.log?.finish();
  }

  /** Stores what came of the events of a run so far. */
  async store(owner: ResponseOwner, id: string): Promise<void> {
    await this.logOf(owner, id)?.stored();
  }

  /** Ends all runs: their responses have failed. */
  async close(timeoutMs: number): Promise<void> {
    const runs = [...this.#running.values()];
    if (runs.length === 0) return;
    const ends = runs.map(async (run) => {
      const message = 'The gateway was stopped while this response was made. Send the request again.';
      const ending = this.#end(run, failedResponse(run.queued, message));
      run.client.leave();
      await ending;
    });
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([Promise.allSettled(ends), tooLate]);
    clearTimeout(timer);
  }

  async #end(
    run: BackgroundRun,
    response: JsonObject,
    reasoning: Reasoning = [],
    more: WithResponse = {},
  ): Promise<void> {
    if (!this.#forget(run)) return;
    const { owner, id, input, log } = run;
    try {
      const events = await log?.close((number) => lastEvent(response, number));
      await this.#shelf.end(owner, id, { response, input, reasoning }, { ...more, ...defined({ events }) });
    } catch (error) {
      this.#world.onFault(`the response ${id}, which was made in the background, could not be stored`, error);
    } finally {
      log?.finish();
    }
  }

  #forget({ owner, id }: BackgroundRun): boolean {
    const wasThere = this.#running.delete(placeOf(owner, id));
    if (this.#running.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    return wasThere;
  }

  /** A run that was cancelled or deleted on another instance is left. */
  #renew(): void {
    const untilMs = this.#world.clock.nowMs() + BELIEVED_MS;
    for (const { owner, id } of this.#running.values()) {
      this.#shelf.renew(owner, id, untilMs).then(
        (isRunning) => {
          if (!isRunning) this.leave(owner, id);
        },
        // The next look renews it, if the database is back by then.
        () => undefined,
      );
    }
  }
}

function placeOf({ scope }: ResponseOwner, id: string): string {
  return `${scope} ${id}`;
}
