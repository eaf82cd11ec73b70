/** What a test gateway serves unless a test says otherwise: groups over every format, an alias, a wildcard, tenants' keys. */

/** For tests of what one attempt does: no further ones, no deployment at rest, no stream continued elsewhere. */
export const ONE_ATTEMPT = { num_retries: 0, disable_cooldowns: true, mid_stream: 'error' } as const;

/** Group names and the models behind them, all answered by the simulator. */
const MODELS: Readonly<Record<string, string>> = {
  'gpt-4o': 'openai/gpt-4o',
  'gpt-5': 'openai/gpt-5',
  'claude-sonnet': 'anthropic/claude-sonnet-4-5',
  'claude-opus': 'anthropic/claude-opus-4-6',
  'gemini-2.5-pro': 'gemini/gemini-2.5-pro',
  'gemini-3-pro': 'gemini/gemini-3-pro-preview',
  'deepseek-chat': 'deepseek/deepseek-chat',
  'deepseek-reasoner': 'deepseek/deepseek-reasoner',
  'glm-4.6': 'zai/glm-4.6',
  'azure-gpt': 'azure/gpt-4o',
  'local-llama': 'openai_like/llama-3.3-70b',
  instruct: 'openai/gpt-3.5-turbo-instruct',
  'text-embedding-3-small': 'openai/text-embedding-3-small',
  'gemini-embedding': 'gemini/gemini-embedding-001',
  'openai/*': 'openai/*',
  'anthropic/*': 'anthropic/*',
  'gemini/*': 'gemini/*',
  'deepseek/*': 'deepseek/*',
  'zai/*': 'zai/*',
};

/** The chat groups of the default configuration, one for each provider format the gateway speaks. */
export const CHAT_GROUPS = ['gpt-4o', 'claude-sonnet', 'gemini-2.5-pro', 'deepseek-chat', 'glm-4.6'] as const;
/** Those, and the ones that share a format with them but not their manners. */
export const ALL_CHAT_GROUPS = [...CHAT_GROUPS, 'azure-gpt', 'local-llama'] as const;

/** Keys that the default configuration declares. */
export const TENANT_KEY = 'tenant-a-key';
export const BLOCKED_KEY = 'tenant-b-key';

/** The text of the default configuration. */
export const DEFAULT_CONFIG = JSON.stringify({
  model_list: Object.entries(MODELS).map(([group, model]) => ({
    model_name: group,
    litellm_params: {
      model,
      api_base: 'os.environ/SIMULATOR_URL',
      api_key: 'os.environ/PROVIDER_KEY',
    },
  })),
  litellm_settings: { drop_params: true },
  router_settings: {
    ...ONE_ATTEMPT,
    model_group_alias: { 'house-model': 'claude-sonnet', secret: { model: 'gpt-4o', hidden: true } },
  },
  general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
  user_api_key_list: [
    { api_key: TENANT_KEY, user_id: 'tenant-a', allowed_models: ['gpt-4o', 'openai/*'] },
    { api_key: BLOCKED_KEY, user_id: 'tenant-b', blocked: true },
  ],
});
