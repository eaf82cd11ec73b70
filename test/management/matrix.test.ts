/** Every management route, asked by everybody. A route that is not in the table fails the test: who may use it is decided here. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MANAGEMENT_ROUTES } from '../../src/admin/routes.ts';
import type { JsonObject } from '../../src/core/json.ts';
import {
  keyOf,
  type ManagementServer,
  PEOPLE,
  type Person,
  PROVIDER_SECRET,
  spendRow,
  startManagement,
} from './sqlite-server.ts';

/** Who is let through to a route. What each is then shown or may change, other tests say. */
const LET_THROUGH = {
  everyone: ['paul', 'pia', 'olga', 'tina', 'ivan', 'vera', 'bare'],
  users: ['paul', 'pia', 'olga', 'tina', 'ivan', 'vera'],
  changers: ['paul', 'olga', 'tina', 'ivan'],
  runners: ['paul', 'olga', 'tina'],
  overseers: ['paul', 'pia', 'olga', 'tina'],
  aboveTeams: ['paul', 'olga'],
  organizationReaders: ['paul', 'pia', 'olga'],
  themselves: ['paul', 'olga', 'tina', 'ivan'],
  readers: ['paul', 'pia'],
  admin: ['paul'],
} as const satisfies Record<string, readonly Person[]>;

const EXPECTED: Readonly<Record<string, keyof typeof LET_THROUGH>> = {
  'POST /key/generate': 'changers',
  'POST /key/service-account/generate': 'changers',
  'POST /key/update': 'changers',
  'POST /key/bulk_update': 'admin',
  'POST /team/key/bulk_update': 'runners',
  'POST /key/delete': 'changers',
  'GET /key/info': 'everyone',
  'POST /v2/key/info': 'everyone',
  'POST /key/regenerate': 'changers',
  'POST /key/:key/reset_spend': 'runners',
  'GET /key/list': 'users',
  'GET /key/aliases': 'users',
  'POST /key/block': 'runners',
  'POST /key/unblock': 'runners',
  'POST /key/health': 'everyone',
  'POST /user/new': 'aboveTeams',
  'POST /user/update': 'themselves',
  'POST /user/bulk_update': 'admin',
  'POST /user/delete': 'admin',
  'POST /management/v1/users/bulk': 'admin',
  'POST /management/v1/users/bulk_delete': 'admin',
  'GET /user/info': 'users',
  'GET /v2/user/info': 'users',
  'GET /user/list': 'organizationReaders',
  ...activityOf('user', 'everyone'),
  'GET /user/daily/activity/aggregated/users': 'everyone',
  'GET /user/available_users': 'readers',
  'GET /user/available_roles': 'everyone',
  'POST /team/new': 'aboveTeams',
  'POST /team/update': 'runners',
  'PATCH /team/:team_id': 'runners',
  'POST /team/delete': 'aboveTeams',
  'POST /team/block': 'aboveTeams',
  'POST /team/unblock': 'aboveTeams',
  'POST /team/member_add': 'runners',
  'POST /team/bulk_member_add': 'runners',
  'POST /team/member_update': 'runners',
  'POST /team/member_delete': 'runners',
  'GET /team/:team_id/members/me': 'everyone',
  'GET /team/info': 'everyone',
  'GET /team/list': 'users',
  'GET /v2/team/list': 'users',
  'GET /team/available': 'users',
  'POST /team/model/add': 'aboveTeams',
  'POST /team/model/delete': 'aboveTeams',
  'GET /team/permissions_list': 'users',
  'POST /team/permissions_update': 'runners',
  'POST /team/permissions_bulk_update': 'admin',
  'POST /team/:team_id/member/:user_id/reset_spend': 'runners',
  'POST /team/:team_id/member/:user_id/reset_budget': 'runners',
  'POST /management/v1/teams/:team_id/members/bulk_delete': 'runners',
  'POST /management/v1/teams/:team_id/members/bulk_update': 'runners',
  ...activityOf('team', 'users'),
  'GET /team/spend/by_user': 'users',
  'POST /organization/new': 'admin',
  'PATCH /organization/update': 'admin',
  'PATCH /v2/organization/:organization_id': 'admin',
  'DELETE /organization/delete': 'admin',
  'GET /organization/list': 'organizationReaders',
  'GET /organization/info': 'organizationReaders',
  'POST /organization/info': 'organizationReaders',
  ...activityOf('organization', 'organizationReaders'),
  'POST /organization/member_add': 'aboveTeams',
  'PATCH /organization/member_update': 'aboveTeams',
  'DELETE /organization/member_delete': 'aboveTeams',
  'POST /customer/new': 'admin',
  'POST /customer/update': 'admin',
  'POST /customer/delete': 'admin',
  'POST /customer/block': 'admin',
  'POST /customer/unblock': 'admin',
  'GET /customer/info': 'readers',
  'GET /customer/list': 'readers',
  ...activityOf('customer', 'readers'),
  'POST /budget/new': 'admin',
  'POST /budget/update': 'admin',
  'POST /budget/info': 'readers',
  'GET /budget/settings': 'readers',
  'GET /budget/list': 'readers',
  'POST /budget/delete': 'admin',
  'GET /management/v1/budgets': 'readers',
  'POST /tag/new': 'admin',
  'POST /tag/update': 'admin',
  'POST /tag/delete': 'admin',
  'POST /tag/info': 'readers',
  'GET /tag/list': 'readers',
  'GET /tag/distinct': 'readers',
  ...activityOf('tag', 'readers'),
  'GET /tag/summary': 'readers',
  'POST /credentials': 'admin',
  'GET /credentials': 'admin',
  'GET /credentials/by_name/*': 'admin',
  'GET /credentials/by_model/:model_id': 'admin',
  'PATCH /credentials/*': 'admin',
  'DELETE /credentials/*': 'admin',
  'POST /access_group/new': 'admin',
  'GET /access_group/list': 'readers',
  'GET /access_group/:access_group/info': 'readers',
  'PUT /access_group/:access_group/update': 'admin',
  'DELETE /access_group/:access_group/delete': 'admin',
  'POST /model/new': 'runners',
  'POST /model/update': 'runners',
  'PATCH /model/:id/update': 'runners',
  'POST /model/delete': 'runners',
  'POST /model/block': 'runners',
  'POST /model/unblock': 'runners',
  'GET /savings': 'everyone',
  'GET /compression/:handle': 'everyone',
  'GET /spend/rows': 'admin',
  'GET /spend/logs': 'everyone',
  'GET /spend/logs/v2': 'everyone',
  'GET /spend/tags': 'everyone',
  'GET /spend/keys': 'everyone',
  'GET /spend/users': 'everyone',
  'GET /spend/summary': 'everyone',
  'POST /spend/calculate': 'everyone',
  'POST /cost/estimate': 'everyone',
  'GET /provider/budgets': 'readers',
  'GET /global/spend': 'readers',
  'GET /global/spend/logs': 'overseers',
  'GET /global/spend/tags': 'everyone',
  'GET /global/spend/all_tag_names': 'everyone',
  'GET /global/spend/keys': 'everyone',
  'GET /global/spend/teams': 'overseers',
  'GET /global/spend/models': 'everyone',
  'GET /global/spend/provider': 'everyone',
  'POST /global/spend/end_users': 'overseers',
  'GET /global/activity': 'everyone',
  'GET /global/activity/model': 'everyone',
  'GET /global/spend/report': 'overseers',
  'GET /key/spend/report': 'everyone',
  'GET /user/spend/report': 'everyone',
  'GET /team/spend/report': 'everyone',
  'GET /organization/spend/report': 'everyone',
  'POST /global/spend/reset': 'admin',
  'POST /global/spend/refresh': 'admin',
  'GET /spend/orphans': 'readers',
  'GET /management/v1/spend_logs/users': 'everyone',
  'GET /management/v1/spend_logs/end_users': 'everyone',
  'POST /spend/orphans/correct': 'admin',
  'GET /audit': 'readers',
  'GET /audit/:id': 'readers',
  'POST /cache/delete': 'everyone',
  'POST /cache/flushall': 'everyone',
  'GET /cache/redis/info': 'readers',
  'GET /cache/settings': 'readers',
  'GET /cache/semantic/report': 'readers',
};

/** All routes under `/…/daily/activity`. */
function activityOf(whose: string, who: keyof typeof LET_THROUGH): Record<string, keyof typeof LET_THROUGH> {
  const rests = ['', '/aggregated', '/aggregated/keys', '/aggregated/search', '/aggregated/model_top_keys', '/export'];
  return Object.fromEntries(rests.map((rest) => [`GET /${whose}/daily/activity${rest}`, who]));
}

let server: ManagementServer;
before(async () => {
  server = await startManagement();
  await server.context.ledger.write((Object.keys(PEOPLE) as Person[]).map((person) => spendRow(person)));
  await server.post('/model/new', {
    model_name: 'added',
    litellm_params: { model: 'openai/gpt-4o', api_key: PROVIDER_SECRET },
    model_info: { id: 'added' },
  });
  for (const key_type of ['llm_api', 'read_only']) {
    const key = `sk-${key_type}-of-an-admin-0123456789`;
    const { status } = await server.post('/key/generate', { key, key_type, user_id: 'paul' });
    assert.equal(status, 200);
  }
});
after(() => server.close());

const nameOf = (route: (typeof MANAGEMENT_ROUTES)[number]): string => `${route.method} ${route.paths[0]}`;
/** Nested deeper than any body may be. */
const TOO_DEEP = JSON.parse(`{"metadata":${'['.repeat(40)}${']'.repeat(40)}}`) as JsonObject;

/** Asks so that nothing is changed: who may call a route is decided before its body is looked at. */
async function knock(route: (typeof MANAGEMENT_ROUTES)[number], path: string, as: string) {
  const url = path.replaceAll(/:\w+/g, 'x');
  return await server.ask(route.method, url, { as, ...(route.method !== 'GET' && { body: TOO_DEEP }) });
}

/** Refused before the route's handler runs. */
function isTurnedAway({ status, body }: { readonly status: number; readonly body: unknown }): boolean {
  return status === 401 || (status === 403 && /You may not call this route: /.test(JSON.stringify(body)));
}

describe('Every management route', () => {
  it('stands in the table of who may use it, and nothing else does', () => {
    assert.deepEqual(MANAGEMENT_ROUTES.map(nameOf).sort(), Object.keys(EXPECTED).sort());
  });

  for (const route of MANAGEMENT_ROUTES) {
    it(`${nameOf(route)} lets through whom it should`, async () => {
      const through: readonly Person[] = LET_THROUGH[EXPECTED[nameOf(route)] ?? 'admin'];
      for (const path of route.paths) {
        for (const person of ['paul', 'pia', 'olga', 'tina', 'ivan', 'vera', 'bare'] as const) {
          const answered = await knock(route, path, person);
          const what = `${person}: ${answered.status} ${JSON.stringify(answered.body).slice(0, 200)}`;
          assert.equal(isTurnedAway(answered), !through.includes(person), what);
        }
        assert.equal(isTurnedAway(await knock(route, path, 'master')), false, 'the master key');
        assert.equal((await knock(route, path, 'sk-nobody-has-this-key-0123')).status, 401, 'an unknown key');
        const ofModels = await knock(route, path, 'sk-llm_api-of-an-admin-0123456789');
        // It may look at itself, as in LiteLLM.
        const isOwn = path === '/key/info';
        assert.equal(isTurnedAway(ofModels), !isOwn, 'a key that may only call models, even an admin’s');
        const reading = await knock(route, path, 'sk-read_only-of-an-admin-0123456789');
        assert.equal(isTurnedAway(reading), route.method !== 'GET', 'a key that may only read');
      }
    });
  }
});

describe('No answer', () => {
  it('holds a key, or what was sealed', async () => {
    const secrets = [...Object.keys(PEOPLE), 'master'].map(keyOf);
    const sealed = server.context.seal(PROVIDER_SECRET, 'a place');
    for (const route of MANAGEMENT_ROUTES) {
      for (const secret of [keyOf('ivan'), keyOf('master')]) {
        const path = route.paths[0].replaceAll(/:\w+/g, encodeURIComponent(secret));
        const query = `?key=${secret}&api_key=${secret}&user_id=ivan&team_id=t1&organization_id=o1&tags=x&end_user_id=x`;
        // A client that chooses a key's text is shown it.
        const isChosen = route.paths[0].endsWith('/generate');
        const body: JsonObject = { keys: [secret], api_key: secret, ...(!isChosen && { key: secret }) };
        const answered = await server.ask(route.method, route.method === 'GET' ? path + query : path, {
          ...(route.method !== 'GET' && { body }),
        });
        const text = JSON.stringify(answered.body);
        for (const canary of [...secrets, PROVIDER_SECRET, sealed]) {
          assert.ok(!text.includes(canary), `${nameOf(route)} answers with a secret: ${text.slice(0, 300)}`);
        }
      }
    }
  });
});
