import type { Clock } from '../core/clock.ts';
import type { GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { PicoUsd } from '../core/money.ts';
import { HEAVY_BYTES } from '../core/too-heavy.ts';
import type { Cost } from '../costs/price-of.ts';
import type { Dropped } from '../formats/format.ts';
import { formatParts } from '../formats/index.ts';
import type { Usage } from '../formats/neutral/conversation.ts';
import type { RequestOutline } from '../formats/outline.ts';
import type { LaneRequest } from '../lanes/lane-request.ts';
import type { Misfit } from '../providers/instructed-schema.ts';
import type { ResolvedGroup } from '../routing/model-groups.ts';
import type { ReadNeeds } from '../routing/needs.ts';
import type { GroupPlan } from '../routing/plan-group.ts';
import { NO_CONTROLS, type RequestControls } from '../routing/request-controls.ts';
import type { Walk } from '../routing/walk.ts';
import type { Deployment } from '../snapshot/deployment.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { AttemptFacts } from '../telemetry/settled.ts';
import type { Identity } from '../tenancy/identity.ts';
import type { ReadableEnvelope } from '../wire/envelope.ts';
import type { Admission } from './admission.ts';
import type { Client } from './client.ts';
import type { CompressionFacts } from './compression.ts';
import type { Continuity } from './continuity.ts';
import type { Degraded, OverBudget } from './degraded.ts';
import type { Detours } from './detours.ts';
import type { Endpoint } from './endpoint.ts';
import type { ModelChoice } from './model-choice.ts';
import type { OtherBody } from './other-body.ts';
import type { Race } from './race.ts';
import { type Changes, makeChanges } from './savings.ts';
import { NO_SLOTS, type RecalledAnswer, type Slots, type StateSlot } from './slots.ts';

/** What instructions lose that differ early from others like them. */
export interface VolatileHead {
  /** How many tokens stand behind the difference, about: no prompt cache finds them. */
  readonly lostTokens: number;
  /** What reading them from a prompt cache would save; undefined if the model has no price. */
  readonly lostCost: PicoUsd | undefined;
}

/** What an estimate of usage starts from. */
interface Estimate {
  readonly deployment: Deployment;
  readonly facts: AttemptFacts;
  /** Text the model wrote, as far as it is known. */
  readonly text: () => string;
  /** How many times as much as `text` the model wrote. */
  readonly factor: number;
  /** What the provider reported before its answer broke off (Anthropic reports the input at the start). */
  readonly known?: Usage;
  /** What the provider bills for what the caller is shown, if that is something else. */
  readonly billed?: (shown: Usage) => Usage;
  /** What it was asked, if that is only a part of the request. */
  readonly prompt?: () => string;
}

/**
 * One request's whole life: the only object that is handed through the stages. Each stage fills in the fields of its
 * section.
 */
export class Exchange implements LaneRequest {
  // receive
  readonly callId: string;
  readonly route: string;
  /** The path's own pattern, if the route has several. */
  readonly path: string;
  readonly endpoint: Endpoint;
  /** What looks at the answer on its way stands in front of the client for that time. */
  client: Client;
  /** The configuration as it was when the request came; a reload does not touch a request in flight. */
  readonly snapshot: Snapshot;
  readonly clock: Clock;
  readonly startedAtMs: number;
  readonly startedMs: number;
  /** A model name in the path (Azure's form), which wins over the body's. */
  readonly pathModel: string | undefined;
  /** The slots as they were filled when the request came. */
  readonly slots: Slots<Exchange>;
  #states: unknown[] | undefined;
  body: Buffer = EMPTY;
  /** A larger body or answer is parsed on a thread of its own (`src/pipeline/heavy`). */
  readonly mostParsedBytes = HEAVY_BYTES;
  receivedMs = 0;

  // identify
  identity: Identity | undefined;
  /** Whose request it is if it is one of the gateway's own: names, tags and wishes in it count for nothing. */
  ownIdentity: Identity | undefined;

  // peek
  envelope: ReadableEnvelope = NO_MEMBERS;
  /** What is known of the body without parsing it: every stage that looks for something in a request asks here. */
  outline: RequestOutline = NO_OUTLINE;
  /** Why the body had to be rewritten before it could be read by its bytes; undefined if it was not. */
  bodyNote: string | undefined;
  /** The name that the client sent. */
  askedModel: string | undefined;
  /** The same, or what it is an alias of. */
  model: string | undefined;
  stream = false;
  streamUsage = false;

  // plan
  group: ResolvedGroup<Deployment> | undefined;
  controls: RequestControls = NO_CONTROLS;
  /** Regions that its data must stay in, all at once. */
  regions: readonly string[] = NO_REGIONS;
  /** The group to which its customer's requests go if theirs has nothing in these regions. */
  regionalModel: string | undefined;
  needs: ReadNeeds | undefined;
  plan: GroupPlan<Deployment> | undefined;
  /** How a group that chooses among others chose; undefined for any other. */
  choice: ModelChoice | undefined;

  /** The bodies of fallbacks that have one of their own, by the names they are asked for by; undefined for most requests. */
  otherBodies: Map<string, OtherBody> | undefined;

  // recall
  /** The answer that a feature had: no provider is asked. */
  recalled: RecalledAnswer | undefined;

  /** What the part of an answer used when it was made that a feature had; the rest was asked for. */
  recalledPart: Usage | undefined;

  /** Under which handles its answer is cached, if it is to be; as a header has them. */
  cacheKeys: string | undefined;

  /** What the cache of answers had; undefined: it was not asked. */
  cached: 'hit' | 'miss' | undefined;

  // admit
  /** The end user that the request names. */
  customer: string | undefined;
  admission: Admission | undefined;

  // attempt
  /** When the request must be over, by the monotonic clock. */
  deadlineMs = Number.POSITIVE_INFINITY;
  walk: Walk<Deployment> | undefined;
  /** Fallback groups and pauses; undefined for most requests. */
  detours: Detours | undefined;
  /** The group whose deployment is tried now, or answered. */
  servedGroup: string | undefined;
  attempts: AttemptFacts[] = [];
  deployment: Deployment | undefined;
  /** How the first attempt is hedged; undefined unless hedging is configured. */
  race: Race | undefined;
  /** What a stream is continued with if it breaks off; undefined if it cannot be, and has not broken off. */
  continuity: Continuity | undefined;
  /** An answer that did not match the schema that was asked for; the next call repairs it. */
  misfit: Misfit | undefined;
  /** Of a request for several answers, those that there are, by the place of what they answer, and the group that gave them. */
  answeredParts:
    | { readonly group: string | undefined; readonly answers: readonly (JsonObject | undefined)[] }
    | undefined;
  lane: 'relay' | 'translate' | undefined;
  laneReason: string | undefined;
  dropped: readonly Dropped[] = NO_DROPPED;
  /** Its instructions differ early from those of others like it; undefined for most. */
  volatileHead: VolatileHead | undefined;
  /** What compression did to its prompt; undefined: it was not asked to. */
  compression: CompressionFacts | undefined;
  /** What was foretold of the providers' prompt caches, as a header; undefined unless the client asked. */
  cacheForecast: string | undefined;
  /** Milliseconds in which the provider was working for this request. */
  upstreamMs = 0;
  /** When the first byte of the answer went to the client, by the monotonic clock. */
  firstByteMs: number | undefined;
  /** A copy of what the client gets, if its words are kept. */
  keptAnswer: { readonly copy: { readonly body: Buffer; readonly isStream: boolean } | undefined } | undefined;
  /** The id in the answer that the client has. */
  answerId: string | undefined;

  /** It gets less than it asked for, so that its budget lasts; undefined for most requests. */
  degraded: Degraded | undefined;
  /** Its budget is spent; undefined for most requests. */
  overBudget: OverBudget | undefined;

  /** What features changed about it, for the ledger; undefined for most requests. */
  changes: Changes | undefined;

  // settle
  /** Attempts whose provider reported no usage, or not all of it. */
  pendingEstimates: Estimate[] = [];
  usage: Usage | undefined;
  cost: PicoUsd | undefined;
  /** What each attempt cost, by parts; undefined for one without a price. */
  costs: (Cost | undefined)[] = [];
  /** Some of what was used has no known price. */
  isUnpriced = false;
  status = 0;
  error: GatewayError | undefined;

  constructor(parts: {
    readonly callId: string;
    readonly route: string;
    readonly path?: string;
    readonly endpoint: Endpoint;
    readonly client: Client;
    readonly snapshot: Snapshot;
    readonly clock: Clock;
    readonly pathModel: string | undefined;
    readonly slots?: Slots<Exchange>;
  }) {
    this.callId = parts.callId;
    this.route = parts.route;
    this.path = parts.path ?? parts.route;
    this.endpoint = parts.endpoint;
    this.client = parts.client;
    this.snapshot = parts.snapshot;
    this.clock = parts.clock;
    this.pathModel = parts.pathModel;
    this.slots = parts.slots ?? NO_SLOTS;
    this.startedAtMs = parts.clock.nowMs();
    this.startedMs = parts.clock.monotonicMs();
  }

  /** The same request with another body and client, for one call of several: its attempts are those of the request. */
  part(body: Buffer, client: Client): Exchange {
    const part = Object.assign(new Exchange(this), this, { body, client, stream: false, streamUsage: false });
    part.#states = this.#states ??= [];
    part.changes = this.changes ??= makeChanges();
    part.usage = undefined;
    part.costs = this.costs;
    part.cost = undefined;
    part.isUnpriced = false;
    part.pendingEstimates = [];
    part.upstreamMs = 0;
    return part;
  }

  /** A feature's own state of this request. */
  of<State>({ index, make }: StateSlot<State>): State {
    this.#states ??= [];
    // Only its own feature has the slot of an index, so what is there is of its type.
    this.#states[index] ??= make();
    return this.#states[index] as State;
  }
}

const EMPTY = Buffer.alloc(0);
const NO_MEMBERS: ReadableEnvelope = { ok: true, start: 0, end: 0, members: [] };
const NO_OUTLINE = formatParts('openai-embeddings').outline(EMPTY, NO_MEMBERS);
const NO_DROPPED: readonly Dropped[] = [];
const NO_REGIONS: readonly string[] = [];
