/** Calls that the gateway makes for itself: booked on the platform's own account, with their usage and price. */
import { defined } from '../../core/defined.ts';
import type { ErrorCode } from '../../core/errors.ts';
import { newCallId } from '../../core/ids.ts';
import type { PicoUsd } from '../../core/money.ts';
import { costOf } from '../../costs/price-of.ts';
import type { Usage } from '../../formats/neutral/conversation.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { LedgerRow, Mechanism } from '../../stores/contracts/ledger.ts';
import { PLATFORM_KEY_ALIAS, PLATFORM_KEY_HASH } from '../../tenancy/make-identity.ts';
import { accountOf } from '../../tenancy/scopes.ts';
import { CallPermit } from '../../upstream/call-permit.ts';
import type { Parts } from '../parts.ts';
import { chargeOf, chargesOfRows } from './charges.ts';
import { overheadCost } from './savings.ts';

/** What a call of the gateway's own is made for. */
interface PlatformPurpose {
  /** As the ledger names it: `/health`. */
  readonly route: string;
  /** LiteLLM's word for the operation. */
  readonly callType: string;
  readonly snapshot: Snapshot;
  readonly deployment: Deployment;
  /** The mechanism that needs it to save on other calls: what it costs is less saved. */
  readonly overheadOf?: Mechanism | undefined;
}

/** How such a call ended. */
interface PlatformCallEnd {
  readonly failure: ErrorCode | undefined;
  readonly httpStatus: number | undefined;
  /** Undefined: the provider bills nothing. */
  readonly usage: Usage | undefined;
}

/** A call of the gateway's own under way. */
export interface PlatformCall {
  readonly permit: CallPermit;
  /** Books its end. Never throws. */
  close(end: PlatformCallEnd): void;
}

type PlatformParts = Pick<Parts, 'clock' | 'claims' | 'journal' | 'savings' | 'afterCharges' | 'onFault'>;

/** Opens the books of a call, so that it is booked even if this process dies. */
export function openPlatformCall(purpose: PlatformPurpose, parts: PlatformParts): PlatformCall {
  const { clock, claims, journal, onFault } = parts;
  const startedAtMs = clock.nowMs();
  const startedMs = clock.monotonicMs();
  const callId = newCallId(startedAtMs);
  const opened = rowOf(purpose, callId, startedAtMs);
  const attempt = async (step: () => unknown): Promise<void> => {
    try {
      await step();
    } catch (error) {
      onFault(`the books of the platform call ${callId} failed`, error);
    }
  };
  void attempt(() => {
    journal.open({ callId, hold: undefined, row: opened });
    // It is sent next: without the mark a kill would leave nothing of it.
    journal.sent(callId);
  });
  // Claims on no account: settled with what it costs the gateway's budget, the deployment's and the provider's.
  const claimed = attempt(() => claims.claim({ id: callId, nowMs: startedAtMs, accounts: [], amounts: NOTHING }));
  const book = async (end: PlatformCallEnd): Promise<void> => {
    await claimed;
    const { failure, httpStatus, usage } = end;
    const durationMs = Math.max(0, Math.round(clock.monotonicMs() - startedMs));
    const cost = usage === undefined ? undefined : costOfOwn(purpose.deployment, usage, startedAtMs, durationMs);
    const row: LedgerRow = {
      ...opened,
      endedAtMs: startedAtMs + durationMs,
      status: failure === undefined ? 'success' : 'failure',
      inputTokens: usage?.inputTokens ?? 0,
      outputTokens: usage?.outputTokens ?? 0,
      isEstimated: usage?.isEstimated === true,
      ...defined({ cost, ...savedByOwn(purpose, cost), error: failure, httpStatus }),
    };
    const charges = [...chargesOfRows(purpose.snapshot, startedAtMs, [row]), ...platformCharge(purpose, row)];
    const settlement = {
      ...{ id: callId, nowMs: clock.nowMs(), cost: cost ?? 0n, charges },
      ...{ inputTokens: row.inputTokens, outputTokens: row.outputTokens },
    };
    const settled = claims.settle(settlement);
    journal.close({ callId, rows: [row], settlement }, settled instanceof Promise ? settled : undefined);
    if (row.savings !== undefined) parts.savings.take(row.savings);
    await settled;
    parts.afterCharges(charges);
  };
  return { permit: new CallPermit(), close: (end) => void attempt(() => book(end)) };
}

const NOTHING = { inputTokens: 0, outputTokens: 0, hold: 0n, exposure: 0n };

function savedByOwn({ overheadOf }: PlatformPurpose, cost: PicoUsd | undefined) {
  return overheadOf === undefined || cost === undefined ? { requestedCost: cost } : overheadCost(cost, overheadOf);
}

/** What such a call costs; undefined: its price is unknown. */
export function costOfOwn(
  { priced }: Deployment,
  usage: Usage,
  startedAtMs: number,
  durationMs: number,
): PicoUsd | undefined {
  const seconds = durationMs / 1_000;
  const units = { query: 1, second: seconds, answerSecond: seconds };
  return costOf(usage, priced.ratesOfAnswer(usage, startedAtMs), { units })?.total;
}

function rowOf({ route, callType, deployment }: PlatformPurpose, callId: string, startedAtMs: number): LedgerRow {
  const { id, provider, model, apiBase, group } = deployment;
  return {
    ...{ attemptId: `${callId}/0`, callId, attempt: 0, startedAtMs, endedAtMs: startedAtMs },
    ...{ keyHash: PLATFORM_KEY_HASH, keyAlias: PLATFORM_KEY_ALIAS, tags: [], route, callType, stream: false },
    ...{ requestedModel: group, modelGroup: group, servedGroup: group, deploymentId: id },
    ...{ provider: provider.name, model, apiBase, status: 'orphan' },
    ...{ inputTokens: 0, outputTokens: 0, isEstimated: true },
    accounts: [accountOf.platform, accountOf.deployment(id), accountOf.provider(provider.name)],
  };
}

/** The gateway's budget, if it has one. */
function platformCharge({ snapshot }: PlatformPurpose, { cost, startedAtMs }: LedgerRow) {
  const { globalMax, globalPeriod } = snapshot.config.budgets;
  if (globalMax === undefined || cost === undefined || cost === 0n) return [];
  return [chargeOf(snapshot, startedAtMs, accountOf.platform, globalPeriod, cost)];
}
