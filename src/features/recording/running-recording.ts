import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { StateSlot } from '../../exchange/slots.ts';
import type { Invalidation } from '../../stores/contracts/invalidation-bus.ts';
import { type Recording, type RecordingOwner, recordingPlace } from '../../stores/contracts/recordings.ts';
import type { Hooks, RunningFeature, World } from '../feature.ts';
import { Masker } from './mask-body.ts';
import type { RecordingConfig } from './settings.ts';

/** A body that came, and whether it is recorded. */
interface State {
  body: Buffer | undefined;
}

/** A request that is over and not yet masked. */
interface Waiting {
  readonly body: Buffer;
  readonly headers: JsonObject;
  readonly facts: Omit<Recording, 'sealed'>;
  readonly withWords: boolean;
}

/** A larger body is not parsed where everybody is served. */
const LARGEST_BODY = 262_144;
const MOST_WAITING_BYTES = 33_554_432;
const WRITE_EVERY_MS = 250;
/** Masking shares the event loop with requests. */
const SLICE_MS = 8;
const MOST_AT_ONCE = 100;
const TIDY_EVERY_MS = 60_000;
const MEBIBYTE = 1_048_576;
/** What of the headers planning goes by. */
const HEADERS = ['x-litellm-tags', 'cache-control', 'x-litellm-timeout', 'x-sluice-route'];
const ALL_GROUPS = '*';
const NAMED: ReadonlyMap<string, RecordingOwner> = new Map([
  ['key', 'key'],
  ['user', 'user'],
  ['team', 'team'],
  ['organization', 'organization'],
]);

/** Takes bodies of the chosen scopes, and writes them masked and sealed, a moment after their requests are over. */
export class RunningRecording implements RunningFeature<RecordingConfig> {
  readonly readings = {
    sluice_recordings_total: () => this.#recorded,
    sluice_recordings_dropped_total: () => this.#dropped,
  };
  readonly #world: World;
  readonly #state: StateSlot<State>;
  readonly #masker: Masker;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #recorded = 0;
  #dropped = 0;
  #timer: NodeJS.Timeout | undefined;
  #tidying: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;

  constructor(world: World) {
    this.#world = world;
    this.#state = world.stateSlot<State>(() => ({ body: undefined }));
    this.#masker = new Masker(world.seal.derive('recordings'));
  }

  hooks(settings: RecordingConfig | undefined): Hooks | undefined {
    clearInterval(this.#tidying);
    const { keys = [], teams = [], groups = [] } = settings ?? {};
    if (settings === undefined || keys.length + teams.length + groups.length === 0) return undefined;
    const chosen = { keys: new Set(keys), teams: new Set(teams), groups: new Set(groups) };
    const tidy = (): void => void this.#tidy(settings);
    this.#tidying = setInterval(tidy, TIDY_EVERY_MS);
    this.#tidying.unref();
    tidy();
    return {
      // The body as its client sent it: features may change it before it is planned.
      guardInput: (exchange) => {
        exchange.of(this.#state).body = exchange.body;
      },
      settled: (exchange) => {
        if (isChosen(exchange, chosen)) this.#take(exchange, settings.withWords);
      },
    };
  }

  /** What was recorded of a deleted object goes with it in the database; what is still on its way there goes now. */
  changed(changed: Invalidation): void {
    if (changed === 'all') return;
    for (const { kind, id } of changed) {
      const owner = NAMED.get(kind);
      if (owner === undefined) continue;
      this.#eraseDeleted(owner, id).catch((error: unknown) =>
        this.#world.onFault('recordings could not be erased', error),
      );
    }
  }

  async close(timeoutMs: number): Promise<void> {
    clearInterval(this.#tidying);
    clearTimeout(this.#timer);
    const untilMs = performance.now() + timeoutMs;
    while (this.#waiting.length > 0 && performance.now() < untilMs) await this.#write();
    await this.#writing;
  }

  #take(exchange: Exchange, withWords: boolean): void {
    const { callId, startedAtMs, identity, client, admission } = exchange;
    const { body } = exchange.of(this.#state);
    if (body === undefined || identity === undefined || exchange.ownIdentity !== undefined) return;
    if (body.length > LARGEST_BODY || this.#waitingBytes + body.length > MOST_WAITING_BYTES) {
      this.#dropped += 1;
      return;
    }
    const { keyHash, userId, teamId } = identity.caller;
    const organizationId = admission?.organizationId ?? identity.organizationId;
    const headers: JsonObject = {};
    for (const name of HEADERS) {
      const value = client.headers[name];
      if (typeof value === 'string') headers[name] = value.slice(0, 1_024);
    }
    const facts = { callId, startedAtMs, keyHash, ...defined({ userId, teamId, organizationId }) };
    this.#waiting.push({ body, headers, facts, withWords });
    this.#waitingBytes += body.length;
    this.#timer ??= this.#soon();
  }

  #soon(): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timer = undefined;
      this.#writing = this.#write().finally(() => {
        this.#writing = undefined;
        if (this.#waiting.length > 0) this.#timer ??= this.#soon();
      });
    }, WRITE_EVERY_MS);
    return timer.unref();
  }

  async #write(): Promise<void> {
    const batch: Recording[] = [];
    const untilMs = performance.now() + SLICE_MS;
    while (batch.length < MOST_AT_ONCE && performance.now() < untilMs) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#waitingBytes -= next.body.length;
      const sealed = this.#sealed(next);
      if (sealed === undefined) this.#dropped += 1;
      else batch.push({ ...next.facts, sealed });
    }
    try {
      await this.#world.recordings.add(batch);
      this.#recorded += batch.length;
    } catch (error) {
      this.#dropped += batch.length;
      this.#world.log.app.warn({ error, recordings: batch.length }, 'Recordings of requests could not be stored');
    }
  }

  /** Undefined: it is not JSON. */
  #sealed({ body, headers, facts: { callId }, withWords }: Waiting): string | undefined {
    let value: JsonValue;
    try {
      value = JSON.parse(body.toString('utf8')) as JsonValue;
    } catch {
      return undefined;
    }
    if (!isJsonObject(value)) return undefined;
    const kept = withWords ? value : this.#masker.body(value);
    return this.#world.seal.seal(JSON.stringify({ body: kept, headers, words: withWords }), recordingPlace(callId));
  }

  async #eraseDeleted(owner: RecordingOwner, id: string): Promise<void> {
    const found = await this.#world.directory.get(owner, id).catch(() => undefined);
    if (found !== undefined) return;
    const isGone = ({ facts }: Waiting): boolean => facts[FIELDS[owner]] === id;
    this.#waiting = this.#waiting.filter((each) => !isGone(each));
    this.#waitingBytes = this.#waiting.reduce((sum, { body }) => sum + body.length, 0);
    await this.#writing;
    await this.#world.recordings.erase(owner, id);
  }

  async #tidy({ retentionMs, mostMegabytes }: RecordingConfig): Promise<void> {
    const { clock, recordings, log } = this.#world;
    try {
      await recordings.prune(clock.nowMs() - retentionMs, mostMegabytes * MEBIBYTE);
    } catch (error) {
      log.app.warn({ error }, 'Old recordings could not be deleted; it is tried again');
    }
  }
}

const FIELDS = { key: 'keyHash', user: 'userId', team: 'teamId', organization: 'organizationId' } as const;

interface Chosen {
  readonly keys: ReadonlySet<string>;
  readonly teams: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
}

function isChosen({ identity, group }: Exchange, { keys, teams, groups }: Chosen): boolean {
  if (identity === undefined) return false;
  const { keyHash, keyAlias = '', teamId = '' } = identity.caller;
  if (keys.has(keyHash) || keys.has(keyAlias) || teams.has(teamId)) return true;
  if (group === undefined || groups.size === 0) return false;
  return groups.has(ALL_GROUPS) || groups.has(group.name) || groups.has(group.pattern ?? group.name);
}
