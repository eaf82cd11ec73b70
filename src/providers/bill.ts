/** What a provider says that it billed: how its reports are asked for, and what they say. Pure; who asks is `src/billing`. */
import type { JsonValue } from '../core/json.ts';
import type { PicoUsd } from '../core/money.ts';

/** What is billed by itself: each token is of one kind only. */
export const BILLED_KINDS = [
  'input',
  'cachedInput',
  'cacheWrite',
  'cacheWriteOneHour',
  'audioInput',
  'output',
  'audioOutput',
] as const;

/** A kind of tokens. */
export type BilledKind = (typeof BILLED_KINDS)[number];

/** How many tokens of each kind; absent: none. */
export type BilledTokens = Partial<Readonly<Record<BilledKind, number>>>;

/** What was used in a span of time. Whatever the report does not say is absent. */
export interface BilledUsage {
  readonly startMs: number;
  /** Exclusive. */
  readonly endMs: number;
  readonly model: string;
  /** The provider's id of the key, or what a file calls it. */
  readonly keyId?: string | undefined;
  readonly project?: string | undefined;
  /** `standard` if it says nothing. */
  readonly tier?: string | undefined;
  readonly requests?: number | undefined;
  readonly tokens: BilledTokens;
  /** Of a single request: the id in its answer. */
  readonly requestId?: string | undefined;
  /** What this cost, if the same line says it. */
  readonly cost?: PicoUsd | undefined;
}

/** What was charged for something in a span of time. */
export interface BilledCost {
  readonly startMs: number;
  readonly endMs: number;
  readonly cost: PicoUsd;
  /** In lower case. */
  readonly currency: string;
  /** How the report calls it. */
  readonly what: string;
  readonly model?: string | undefined;
  readonly kind?: BilledKind | undefined;
  readonly tier?: string | undefined;
}

/** A key of the account, as far as the provider shows it: `sk-ant-api03-R2D...igAA`. */
export interface BilledKey {
  readonly id: string;
  readonly hint: string | undefined;
}

/** A question to a provider's reports. */
export interface BillQuery {
  /** With the query; behind the base URL. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A POST with this JSON; absent: a GET. */
  readonly body?: string;
  /** Reads the answer. Throws if it is not what was asked for. */
  read(answer: JsonValue): BillPage;
}

/** A part of a report. */
export interface BillPage {
  readonly usage?: readonly BilledUsage[];
  readonly costs?: readonly BilledCost[];
  readonly keys?: readonly BilledKey[];
  /** What is to be asked next. */
  readonly next?: readonly BillQuery[];
}

/** A span of time, its end excluded. */
export interface BillSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** How finely a report splits time. */
export type BillWidth = 'day' | 'hour' | 'minute';

/** As whom reports are asked for. */
export interface BillAccess {
  readonly adminKey: string;
  /** Where the export lies, for providers that export their bill to a database. */
  readonly table?: string | undefined;
}

/** The reports of a provider. */
export interface BillReports {
  /** Variables that may hold the key of the reports. */
  readonly keyVariables: readonly string[];
  readonly baseUrl: string;
  /** The finest width that usage is reported by. */
  readonly finest: BillWidth;
  /** Whether a report lies in a table that has to be named. */
  readonly needsTable?: boolean;
  usage(span: BillSpan, width: BillWidth, access: BillAccess): readonly BillQuery[];
  /** What was charged, by day. Empty if `usage` says it already. */
  costs(span: BillSpan, access: BillAccess): readonly BillQuery[];
  /** The keys of the account; empty if they cannot be listed. */
  keys(access: BillAccess): readonly BillQuery[];
  /** What it exports as files. */
  readonly files: readonly BillFile[];
  /** Where the facts above come from: links and date. */
  readonly source: string;
}

/** A kind of file that a provider exports. */
export interface BillFile {
  /** How people know it: `usage export of the console`. */
  readonly title: string;
  /** Columns that tell it from other files, in lower case. */
  readonly columns: readonly string[];
  /** Reads a line by its columns' names. Throws what is wrong with it. */
  read(line: BillLine): BillPage;
}

/** A line of such a file. A getter throws if the text in its column cannot be read; an absent column is empty. */
export interface BillLine {
  text(column: string): string;
  /** A count; 0 if the column is empty. */
  count(column: string): number;
  /** An amount as pico-USD; undefined if the column is empty. */
  money(column: string): PicoUsd | undefined;
  /** A moment in UTC: seconds since the epoch, a date, or an ISO time. A time with another offset is turned into UTC. */
  time(column: string): number;
}
