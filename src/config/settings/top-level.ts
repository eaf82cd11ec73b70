/** The top level of a configuration file; every known setting is in it or below it. */
import { guideNow, later, NO_ROWS, now, own, protection, type SettingRows } from '../setting-rows.ts';
import { BUDGET_SETTINGS } from './budget-settings.ts';
import { DECLARED_KEY } from './declared-keys.ts';
import { CUSTOMER, ORGANIZATION, TAG, TEAM, USER } from './declared-objects.ts';
import { GENERAL_SETTINGS } from './general-settings.ts';
import { LITELLM_SETTINGS } from './litellm-settings.ts';
import { CREDENTIAL_ENTRY, MODEL_ENTRY } from './model-list.ts';
import { ROUTER_SETTINGS } from './router-settings.ts';

const mapOf = <const Rows extends SettingRows>(rows: Rows) => ({ members: { as: 'map', rows } }) as const;
const listOf = <const Rows extends SettingRows>(rows: Rows) => ({ members: { as: 'list', rows } }) as const;

/** The top level of a file. */
export const TOP_LEVEL = {
  model_list: now('list', 'The deployments: names, providers, credentials.', listOf(MODEL_ENTRY)),
  litellm_settings: now('map', 'Settings of requests, caching, callbacks and logging.', mapOf(LITELLM_SETTINGS)),
  router_settings: now('map', 'Settings of routing: timeouts, retries, fallbacks, aliases.', mapOf(ROUTER_SETTINGS)),
  general_settings: now(
    'map',
    'Settings of the server: master key, address, limits, metrics.',
    mapOf(GENERAL_SETTINGS),
  ),
  user_api_key_list: guideNow('list', 'Keys declared in the file, each with what it may use.', listOf(DECLARED_KEY)),
  budget_settings: own('map', 'How budgets and limits are kept, and where their alerts go.', mapOf(BUDGET_SETTINGS)),
  organizations: own('list', 'Organisations declared in the file.', listOf(ORGANIZATION)),
  teams: own('list', 'Teams declared in the file.', listOf(TEAM)),
  users: own('list', 'Users declared in the file.', listOf(USER)),
  customers: own('list', 'Customers (end users of applications) declared in the file.', listOf(CUSTOMER)),
  tags: own('list', 'Tags with limits, declared in the file.', listOf(TAG)),
  environment_variables: now(
    'map',
    'Variables for references in the rest of the file; they win over the environment.',
    { members: { as: 'by-name', rows: NO_ROWS, or: 'text' } },
  ),
  credential_list: now('list', 'Named sets of connection parameters for deployments.', listOf(CREDENTIAL_ENTRY)),
  ignore_settings: own(
    'texts',
    'Settings that protect requests, do nothing yet, and need not stop the start: `[guardrails]`, or a path.',
  ),
  include: now('texts', 'Further files, relative to this one, merged as if named right after it.'),
  guardrails: protection('list', 'Checks of prompts and answers.'),
  callback_settings: later('map', 'Settings of single logging callbacks.'),
  mcp_servers: later('map', 'MCP servers offered through the gateway.'),
  mcp_tools: later('list', 'MCP tools declared in the file.'),
  vector_store_registry: later('list', 'Vector stores that requests may name.'),
  search_tools: later('list', 'Web search providers.'),
  prompts: later('list', 'Prompt templates kept by the gateway.'),
  files_settings: later('list', 'Provider credentials for the files endpoints.'),
  finetune_settings: later('list', 'Provider credentials for the fine-tuning endpoints.'),
  assistant_settings: later('map', 'Provider credentials for the assistants endpoints.'),
  policies: protection('any', 'Named sets of guardrails and when they apply.'),
  policy_attachments: protection('list', 'Which teams, keys and models a policy applies to.'),
  agents: later('list', 'Agents offered through the gateway.'),
  agent_list: later('list', 'Agents offered through the gateway.'),
} satisfies SettingRows;
