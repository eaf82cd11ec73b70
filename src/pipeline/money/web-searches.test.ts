import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../core/json.ts';
import { readEnvelope } from '../../wire/envelope.ts';
import { webSearchesAsked } from './web-searches.ts';

function searchesOf(request: JsonObject | string): number {
  const body = Buffer.from(typeof request === 'string' ? request : JSON.stringify(request));
  const envelope = readEnvelope(body);
  assert.ok(envelope.ok);
  return webSearchesAsked(body, envelope);
}

test('a request without a tool that searches asks for none', () => {
  assert.equal(searchesOf({ model: 'm' }), 0);
  assert.equal(searchesOf({ model: 'm', web_search_options: null }), 0);
  assert.equal(searchesOf({ tools: [{ type: 'function', function: { name: 'web_search', parameters: {} } }] }), 0);
  assert.equal(searchesOf({ tools: [{ name: 'web_search', input_schema: { type: 'object' } }] }), 0);
  assert.equal(searchesOf({ tools: 'web_search' }), 0);
});

test('a tool says how many searches it may make, or the usual most is assumed', () => {
  assert.equal(searchesOf({ tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 3 }] }), 3);
  assert.equal(searchesOf({ tools: [{ type: 'web_search_20250305', name: 'web_search' }] }), 10);
  assert.equal(searchesOf({ tools: [{ type: 'web_search_20250305', max_uses: -1 }] }), 10);
  assert.equal(searchesOf({ tools: [{ type: 'web_search_20250305', max_uses: 1e9 }] }), 100);
  assert.equal(searchesOf({ tools: [{ google_search: {} }] }), 10);
  assert.equal(searchesOf({ web_search_options: {} }), 10);
  assert.equal(searchesOf('{"tools":[{"type":"web\\u005fsearch_20250305","max_uses":2}]}'), 2);
});
