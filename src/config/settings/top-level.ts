/** The top level of a configuration file. */
import { guideNow, later, now, own, type SettingTable, table } from './setting.ts';

/** The top level of a file. */
export const TOP_LEVEL: SettingTable = table({
  model_list: now('list', 'The deployments: which model names are served, by which provider, with which credentials.'),
  litellm_settings: now('map', 'Settings of requests, caching, callbacks and logging.'),
  router_settings: now('map', 'Settings of routing: timeouts, retries, fallbacks, aliases.'),
  general_settings: now('map', 'Settings of the server itself: master key, address, limits, metrics.'),
  user_api_key_list: guideNow('list', 'Keys declared in the file, each with what it may use.'),
  budget_settings: own('map', 'How budgets and limits are kept, and where their alerts go.'),
  organizations: own('list', 'Organisations declared in the file.'),
  teams: own('list', 'Teams declared in the file.'),
  users: own('list', 'Users declared in the file.'),
  customers: own('list', 'Customers (end users of applications) declared in the file.'),
  tags: own('list', 'Tags with limits, declared in the file.'),
  environment_variables: now('map', 'Variables for references in the rest of the file; they win over the environment.'),
  credential_list: now('list', 'Named sets of connection parameters that deployments refer to.'),
  include: now('texts', 'Further files, relative to this one, merged as if named right after it.'),
  guardrails: later('list', 'Checks of prompts and answers.'),
  callback_settings: later('map', 'Settings of single logging callbacks.'),
  mcp_servers: later('map', 'MCP servers offered through the gateway.'),
  mcp_tools: later('list', 'MCP tools declared in the file.'),
  vector_store_registry: later('list', 'Vector stores that requests may name.'),
  search_tools: later('list', 'Web search providers.'),
  prompts: later('list', 'Prompt templates kept by the gateway.'),
  files_settings: later('list', 'Provider credentials for the files endpoints.'),
  finetune_settings: later('list', 'Provider credentials for the fine-tuning endpoints.'),
  assistant_settings: later('map', 'Provider credentials for the assistants endpoints.'),
  policies: later('any', 'Named sets of guardrails and when they apply.'),
  policy_attachments: later('list', 'Which teams, keys and models a policy applies to.'),
  agents: later('list', 'Agents offered through the gateway.'),
  agent_list: later('list', 'Agents offered through the gateway.'),
});
