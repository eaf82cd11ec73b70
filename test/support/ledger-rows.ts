/** Rows of the ledger for tests: a usual one, changed as a test wants. */
import type { LedgerRow } from '../../src/stores/contracts/ledger.ts';

const KEY_HASH = 'c0ffee'.repeat(10).concat('0000');

/** The first attempt of a request, with everything a row may hold. */
export function ledgerRow(callId: string, change: Partial<LedgerRow> = {}): LedgerRow {
  return {
    attemptId: `${callId}/0`,
    callId,
    attempt: 0,
    startedAtMs: Date.UTC(2025, 11, 1, 12, 7, 30),
    endedAtMs: Date.UTC(2025, 11, 1, 12, 7, 33),
    attemptStartedAtMs: Date.UTC(2025, 11, 1, 12, 7, 30, 250),
    attemptEndedAtMs: Date.UTC(2025, 11, 1, 12, 7, 32, 750),
    answerId: `chatcmpl-${callId}`,
    firstByteAtMs: Date.UTC(2025, 11, 1, 12, 7, 31),
    keyHash: KEY_HASH,
    keyAlias: 'app',
    userId: 'user-1',
    teamId: 'team-1',
    teamAlias: 'Team One',
    organizationId: 'organization-1',
    customerId: 'customer-1',
    tags: ['blue', 'green'],
    route: '/v1/chat/completions',
    callType: 'acompletion',
    stream: true,
    requestedModel: 'fast',
    modelGroup: 'fast',
    servedGroup: 'fast',
    deploymentId: 'deployment-1',
    provider: 'maker',
    model: 'model-1',
    apiBase: 'https://api.example.com',
    status: 'success',
    httpStatus: 200,
    inputTokens: 1_000,
    outputTokens: 300,
    cachedInputTokens: 100,
    cacheWriteTokens: 50,
    reasoningTokens: 20,
    isEstimated: false,
    cost: 1_234_567_890n,
    requestedCost: 2_345_678_901n,
    hold: 9_999_999_999_999n,
    price: { source: 'list of 2025-12-01', rates: { input: '2500000', output: '10000000' } },
    sessionId: 'session-1',
    metadata: { purpose: 'a "quoted" one\n' },
    accounts: [`key:${KEY_HASH}`, 'team:team-1', 'deployment:deployment-1'],
    ...change,
  };
}
