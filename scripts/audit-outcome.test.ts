import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auditOutcome } from './audit-outcome.ts';

const report = (total: number, vulnerabilities = {}) =>
  JSON.stringify({ vulnerabilities, metadata: { vulnerabilities: { total }, dependencies: { total: 57 } } });

test('a report without vulnerabilities passes and says how many packages it covers', () => {
  assert.deepEqual(auditOutcome(report(0), ''), { exitCode: 0, text: 'No known vulnerability in 57 packages.' });
});

test('known vulnerabilities fail and are listed', () => {
  const { exitCode, text } = auditOutcome(report(1, { left: { severity: 'high', range: '<2' } }), '');
  assert.equal(exitCode, 1);
  assert.match(text, /1 known vulnerabilities in 57 packages:\n {2}high {6}left <2/);
});

const SILENT: readonly (readonly [what: string, report: string, complaint: string, says: RegExp])[] = [
  ['an empty report', '', 'npm error network timeout\nmore', /npm error network timeout/],
  ['a report that is cut', '{"metadata": {', '', /npm printed no report/],
  ['an error of the registry', '{"error":{"summary":"503 Service Unavailable"}}', '', /503 Service Unavailable/],
  ['a report without counts', '{"message":"request to the registry failed"}', '', /request to the registry failed/],
];

for (const [what, text, complaint, says] of SILENT) {
  test(`${what} never counts as passed`, () => {
    const outcome = auditOutcome(text, complaint);
    assert.equal(outcome.exitCode, 2);
    assert.match(outcome.text, /^NOT AUDITED: the package registry did not answer/);
    assert.match(outcome.text, says);
  });
}
