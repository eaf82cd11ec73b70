/** What a feature is: something that can be switched off and deleted, with everything that belongs to it in one folder. */
import type { FeatureSettings } from '../config/feature-settings.ts';
import type { CacheConfig, GatewayConfig, SemanticCacheConfig } from '../config/gateway-config.ts';
import type { Clock } from '../core/clock.ts';
import type { CacheForecasts } from '../exchange/cache-forecasts.ts';
import type { CachedAnswers } from '../exchange/cached-answers.ts';
import type { CompressedOriginals } from '../exchange/compression.ts';
import type { Embedded, ToEmbed } from '../exchange/embedded.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Notice } from '../exchange/notice.ts';
import type { QualityFeedback } from '../exchange/quality-feedback.ts';
import type { LimitListener, Prepare, Slots, StateSlot } from '../exchange/slots.ts';
import type { StoredResponses } from '../exchange/stored-responses.ts';
import type { FormatId } from '../formats/neutral/conversation.ts';
import type { AnswerStore } from '../stores/contracts/answers.ts';
import type { ConversationStore } from '../stores/contracts/conversations.ts';
import type { Directory } from '../stores/contracts/directory.ts';
import type { Invalidation } from '../stores/contracts/invalidation-bus.ts';
import type { Ledger } from '../stores/contracts/ledger.ts';
import type { NoteStore } from '../stores/contracts/notes.ts';
import type { RecordingStore } from '../stores/contracts/recordings.ts';
import type { ResponseStore } from '../stores/contracts/responses.ts';
import type { VectorStore } from '../stores/contracts/vectors.ts';
import type { BudgetReadings } from '../telemetry/budget-gauges.ts';
import type { Log } from '../telemetry/log.ts';
import type { ReadingMetric } from '../telemetry/metrics.ts';
import type { Seal } from '../tenancy/seal.ts';

/** A feature, as `index.ts` lists it. */
export interface Feature<Settings = unknown> {
  /** In kebab-case, as its folder is called. */
  readonly name: string;
  readonly settings?: FeatureSettings<Settings>;
  /** Its rows of /metrics; each is read by `RunningFeature.readings`. */
  readonly metrics?: readonly ReadingMetric[];
  /** Called once, at the start of the gateway. Does nothing by itself yet: `hooks` says whether it is on. */
  start(world: World): RunningFeature<Settings>;
}

/** A feature in a gateway: what it keeps outlives reloads. */
export interface RunningFeature<Settings = unknown> {
  /** What it does under a configuration; undefined: it is off. Called at the start and at every reload. */
  hooks(settings: Settings, config: GatewayConfig): Hooks | undefined;
  /** The numbers of its metrics, by their names. */
  readonly readings?: Readonly<Record<string, () => number>>;
  /** The gauges of budgets, if it knows them. */
  readonly budgetReadings?: () => BudgetReadings;
  /** Hears what limits said to requests. */
  readonly limitListener?: LimitListener;
  /** Tells operators what other features have to say. */
  readonly notify?: (notice: Notice) => void;
  /** What it keeps for clients, for the routes that show it. */
  readonly storedResponses?: StoredResponses;
  /** The answers that it caches, for the routes that show and erase them. */
  readonly cachedAnswers?: CachedAnswers;
  /** The originals of prompts that it shortened, for the route that shows them. */
  readonly compressedOriginals?: CompressedOriginals;
  /** What it would do with a request; says so also where it is off. */
  readonly forecasts?: CacheForecasts;
  /** Takes what callers say of answers. */
  readonly feedback?: QualityFeedback;
  /** Objects of the directory were changed, here or by another instance. */
  changed?(changed: Invalidation): void;
  /** Ends it; what it still has to send may take so long. */
  close?(timeoutMs: number): Promise<void>;
}

/** The slots that a feature fills (`exchange/slots.ts` says what each may do). */
export type Hooks = {
  readonly [Slot in Exclude<keyof Slots<Exchange>, 'prepare'>]?: NonNullable<Slots<Exchange>[Slot]>;
} & {
  readonly prepare?: Prepare<Exchange>;
  /** The clients' formats whose requests meet these hooks; absent: all. */
  readonly formats?: readonly FormatId[];
};

/** What a feature may work with. */
export interface World {
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Posts a JSON text to an address of the operator's; resolves to the status, or to why there is none. */
  readonly post: (
    address: string,
    body: string,
    headers: Readonly<Record<string, string>>,
  ) => Promise<{ readonly status: number } | { readonly fault: string }>;
  /** Asks an address of the operator's, without following redirects; resolves to the answer, or to why there is none. */
  readonly request: (
    address: string,
    asked: {
      readonly headers: Readonly<Record<string, string>>;
      /** A POST; absent: a GET. */
      readonly body?: string;
      readonly timeoutMs: number;
      readonly mostBytes: number;
    },
  ) => Promise<
    | { readonly status: number; readonly text: string; readonly retryAfter?: string | undefined }
    | { readonly fault: string }
  >;
  readonly directory: Directory;
  readonly responses: ResponseStore;
  readonly conversations: ConversationStore;
  readonly recordings: RecordingStore;
  /** Whether other instances may write to the same database. */
  readonly mayBeShared: boolean;
  /** Seals texts that are stored. */
  readonly seal: Pick<Seal, 'seal' | 'unseal' | 'derive'>;
  /** Opens the store of cached answers, where a configuration says that it is. */
  readonly openAnswers: (config: CacheConfig) => AnswerStore;
  /** Notes of the feature that outlive the process, under the feature's name. */
  readonly openNotes: (name: string) => NoteStore;
  /** Opens the store of the directions of questions, where a configuration says that it is. */
  readonly openVectors: (config: CacheConfig, semantic: SemanticCacheConfig) => VectorStore;
  readonly log: Pick<Log, 'app'>;
  /** Embeds a text with a model group, on the platform's account; undefined: there is no vector. */
  readonly embed: (asked: ToEmbed) => Promise<Embedded | undefined>;
  /** How many tokens a text has, about. */
  readonly countTokens: (text: string) => Promise<number>;
  /** What was used and saved, summed. */
  readonly ledger: Pick<Ledger, 'activity' | 'find' | 'savings'>;
  /** Has operators told of something. */
  readonly notify: (notice: Notice) => void;
  /** Reports a fault of the gateway that no client waits for. */
  readonly onFault: (what: string, error: unknown) => void;
  /** Gives the feature a state of its own in each request; found by `exchange.of`. */
  readonly stateSlot: <State>(make: () => State) => StateSlot<State>;
}
