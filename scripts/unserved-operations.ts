/**
 * Operations of LiteLLM's API, by its OpenAPI document of release 1.110, that concern what this gateway has and that it does not serve. One
 * that is not here is served: test/litellm/paths.test.ts holds both lists to each other.
 */

/** Some operations, and why they are not served. */
interface Unserved {
  /** The beginning of `METHOD /path`, as the document writes it; `*` in the place of the method means each. */
  readonly operations: readonly string[];
  readonly why: string;
}

/** What is not served. */
export const UNSERVED_OPERATIONS: readonly Unserved[] = [
  {
    operations: ['* /v1/access_group', '* /v1/unified_access_group', '* /access_group/{access_group}/budget'],
    why: 'Access groups are names that models carry (`/access_group/…`). They are not objects with members and budgets: give the keys or the team a budget.',
  },
  {
    operations: ['* /fallback', '* /router/settings', '* /router/fields'],
    why: 'Routing is what the configuration file says; `/get/config/callbacks` shows it. A change of the file takes effect at once.',
  },
  {
    operations: [
      '* /config/block_requests_for_models_without_pricing',
      '* /config/cost_discount_config',
      '* /config/cost_margin_config',
      '* /add/allowed_ip',
      '* /delete/allowed_ip',
    ],
    why: 'The settings of these names in the configuration file have this effect; the API does not change the file.',
  },
  {
    operations: ['GET /callbacks/configs', '* /team/{team_id}/callback', 'POST /team/{team_id}/disable_logging'],
    why: 'Callbacks are not set through the API.',
  },
  {
    operations: [
      '* /credentials/{credential_name}/user_connection',
      'GET /credentials/user_connections',
      'GET /credentials/{credential_name}/jwks',
    ],
    why: 'Credentials are keys and addresses; no user signs in at a provider.',
  },
  {
    operations: ['* /credentials/migrate-encryption'],
    why: 'A new salt key takes over from the old one at a start with both (`LITELLM_SALT_KEY_PREVIOUS`).',
  },
  {
    operations: ['GET /health/backlog', 'GET /health/services'],
    why: 'Metrics, `/health/readiness` and `/cache/ping` say this.',
  },
  {
    operations: ['GET /health/license', '* /health/deployment_warnings', 'GET /model/{model_id}/kubernetes_pods'],
    why: 'About LiteLLM’s own program and its licence.',
  },
  {
    operations: ['OPTIONS /health'],
    why: 'No browser asks these paths from another origin, and load balancers send GET.',
  },
  {
    operations: ['POST /health/test_connection'],
    why: 'A model is checked as it is added (`/model/new`), and asked by `/health?model_id=…`.',
  },
  {
    operations: ['GET /utils/model_info', 'GET /public/litellm_model_cost_map'],
    why: 'LiteLLM’s list of models and prices is not shipped; `/model/info` shows what is known of configured models.',
  },
  {
    operations: ['* /public/model_hub', '* /public/v1/model_hub', 'POST /model_group/make_public', 'POST /model_hub/'],
    why: 'No page shows models to people without a key.',
  },
  {
    operations: ['* /auto_router/'],
    why: 'There is no router of this kind.',
  },
  {
    operations: ['GET /tag/dau', 'GET /tag/wau', 'GET /tag/mau', 'GET /tag/user-agent/per-user-analytics'],
    why: '`/tag/summary` counts the users of each tag; `/tag/daily/activity` sums by day.',
  },
  {
    operations: ['GET /gateway/', 'GET /user/daily/activity/aggregated/cache_leakage_keys', 'GET /spend/capture_rate'],
    why: 'The ledger counts attempts, tokens and money; `/metrics` counts requests by status.',
  },
  { operations: ['POST /user/password/change'], why: 'Users have no passwords: their keys identify them.' },
  { operations: ['GET /team/metadata_schema'], why: 'The metadata of teams has no schema.' },
];
