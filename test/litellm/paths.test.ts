/** Every path of LiteLLM's API that concerns what this gateway has is served, or stands in the list of those that are not, with the reason. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UNSERVED_OPERATIONS } from '../../scripts/unserved-operations.ts';
import { documentedOperations, servedBy, WITHOUT_DOCUMENT } from './document.ts';

/** Topics of the document that concern what this gateway has: tags of its operations. */
const CONCERNED: readonly string[] = [
  'access_groups',
  'Audit Logging',
  'Budget & Spend Tracking',
  'budget management',
  'caching',
  'Cost Tracking',
  'credential management',
  'Customer Management',
  'Fallback Management',
  'health',
  'Internal User management',
  'key management',
  'llm utils',
  'Logging Callbacks',
  'model management',
  'organization management',
  'Router Settings',
  'tag management',
  'team management',
];

const concerned = documentedOperations().filter(({ tags }) => tags.some((tag) => CONCERNED.includes(tag)));

const entries = UNSERVED_OPERATIONS.flatMap(({ operations }) => operations);
const isListed = (operation: string): boolean => entries.some((entry) => isMeant(entry, operation));

/** Whether an entry of the list means an operation. */
function isMeant(entry: string, operation: string): boolean {
  const [method = '', path = ''] = entry.split(' ');
  const [askedMethod = '', askedPath = ''] = operation.split(' ');
  if (method !== '*' && method !== askedMethod) return false;
  return askedPath === path || askedPath.startsWith(path.endsWith('/') ? path : `${path}/`);
}

describe("LiteLLM's paths", { skip: WITHOUT_DOCUMENT }, () => {
  it('are served, or listed as not served', () => {
    assert.ok(concerned.length > 200, String(concerned.length));
    const missing = concerned.filter((operation) => servedBy(operation) === undefined).map(({ name }) => name);
    assert.deepEqual(
      missing.filter((name) => !isListed(name)),
      [],
    );
  });

  it('that are listed as not served are not', () => {
    const wrong = concerned.filter((operation) => servedBy(operation) !== undefined && isListed(operation.name));
    assert.deepEqual(
      wrong.map(({ name }) => name),
      [],
    );
  });

  it('are listed only where LiteLLM has them', () => {
    assert.deepEqual(
      entries.filter((entry) => !concerned.some(({ name }) => isMeant(entry, name))),
      [],
    );
  });

  it('of every topic are looked at', () => {
    const tags = new Set(concerned.flatMap((operation) => operation.tags));
    assert.deepEqual(
      CONCERNED.filter((tag) => !tags.has(tag)),
      [],
    );
  });
});
