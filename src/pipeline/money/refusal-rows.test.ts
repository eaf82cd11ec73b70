import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatewayError } from '../../core/errors.ts';
import { RefusalRows } from './refusal-rows.ts';

type Refused = Parameters<RefusalRows['take']>[0];

function refused(caller: Partial<NonNullable<Refused['identity']>['caller']>, nowMs: number, code = 'unknown_model') {
  return {
    identity: { caller: { keyHash: 'k', ...caller } },
    error: new GatewayError(code as 'unknown_model', 'No.'),
    endpoint: { operation: {} },
    clock: { nowMs: () => 0, monotonicMs: () => nowMs },
  } as unknown as Refused;
}

const taken = (rows: RefusalRows, calls: readonly Refused[]): number => calls.filter((call) => rows.take(call)).length;

test('of one team, user or key the first sixty refusals of an hour leave rows, of all together the first thousand', () => {
  const rows = new RefusalRows();
  const hundred = Array.from({ length: 100 }, (_, index) => index);
  const ofTeam = hundred.map((index) => refused({ teamId: 't', keyHash: `k${index}`, userId: `u${index}` }, index));
  assert.equal(taken(rows, ofTeam), 60);
  assert.equal(
    taken(
      rows,
      hundred.map((index) => refused({ userId: 't', keyHash: `k${index}` }, 100)),
    ),
    60,
  );
  assert.equal(
    taken(
      rows,
      hundred.map(() => refused({ keyHash: 't' }, 100)),
    ),
    60,
  );
  const others = Array.from({ length: 5_000 }, (_, index) => refused({ keyHash: `other-${index}` }, 100));
  assert.equal(taken(rows, others), 1_000 - 180);
  assert.equal(taken(rows, [refused({ keyHash: 'late' }, 3_599_999)]), 0);
  assert.equal(taken(rows, [refused({ keyHash: 'late' }, 3_600_000), refused({ teamId: 't' }, 3_600_001)]), 2);
});

test('a limit that refuses, a caller without a key and a count of tokens leave none', () => {
  const rows = new RefusalRows();
  assert.equal(rows.take(refused({}, 0, 'rate_limited')), false);
  assert.equal(rows.take({ ...refused({}, 0), identity: undefined } as Refused), false);
  assert.equal(
    rows.take({ ...refused({}, 0), endpoint: { operation: { isFree: true } } } as unknown as Refused),
    false,
  );
  assert.equal(rows.take({ ...refused({}, 0), error: undefined } as Refused), false);
});
