/** Every parameter that LiteLLM documents for a question about objects is known here, or refused: no answer only looks filtered. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { documentedOperations, servedBy, WITHOUT_DOCUMENT } from './document.ts';
import { type LiteLlmClient, startProxy } from './proxy.ts';

/** What is ignored, because an answer without it shows no more than was asked for. */
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  include_created_by_keys: 'would list more',
  search_team_id_match: '`search` finds every part of an id',
  timezone: 'days are in UTC, as the ledger has them',
  include_current_utc_day: 'goes with `timezone`',
  api_key_limit: 'keys have a list of their own',
  exclude_internal_health_checks: 'health checks leave no rows',
  response_model: 'the list is always empty',
  admin_mcp: 'belongs to tools that are not served',
  mcp_tool: 'belongs to tools that are not served',
  mcp_path: 'belongs to tools that are not served',
};

let proxy: LiteLlmClient;

describe('A documented parameter of a question', { timeout: 60_000, skip: WITHOUT_DOCUMENT }, () => {
  before(async () => {
    proxy = await startProxy();
  });
  after(() => proxy.close());

  it('is described, refused, or without an effect that anybody could miss', async () => {
    const wrong: string[] = [];
    const seen = new Set<string>();
    for (const { name, method, path, query } of documentedOperations()) {
      const route = servedBy({ method, path });
      if (route?.describe === undefined) continue;
      const described = new Set((await route.describe()).query.map((each) => each.name));
      for (const parameter of query) {
        if (described.has(parameter)) continue;
        seen.add(parameter);
        if (parameter in WITHOUT_EFFECT) continue;
        const { status, body } = await proxy.ask(method, `${path}?${parameter}=sample`);
        if (status !== 422) wrong.push(`${name} ${parameter}: ${status} ${JSON.stringify(body).slice(0, 200)}`);
      }
    }
    assert.deepEqual(wrong, []);
    assert.deepEqual(
      Object.keys(WITHOUT_EFFECT).filter((each) => !seen.has(each)),
      [],
      'listed without need',
    );
  });
});
