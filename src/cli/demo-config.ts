/** What the demo serves: well-known model names, each answered by the simulator in its vendor's true wire format. */
const DEMO_MODELS: readonly { readonly group: string; readonly model: string }[] = [
  { group: 'gpt-4o', model: 'openai/gpt-4o' },
  { group: 'gpt-4o-mini', model: 'openai/gpt-4o-mini' },
  { group: 'claude-sonnet-4-5', model: 'anthropic/claude-sonnet-4-5' },
  { group: 'gemini-2.5-pro', model: 'gemini/gemini-2.5-pro' },
  { group: 'deepseek-chat', model: 'deepseek/deepseek-chat' },
  { group: 'glm-4.6', model: 'zai/glm-4.6' },
  { group: 'text-embedding-3-small', model: 'openai/text-embedding-3-small' },
];

/** A well-known chat model of a provider, as `provider/model`, for an example to paste; undefined where none stands here. */
export function exampleModelOf(provider: string): string | undefined {
  return DEMO_MODELS.find(({ model }) => model.startsWith(`${provider}/`))?.model;
}

/** The demo's configuration as the text of a file, so that it is read and checked like anybody's. */
export function demoConfigText(simulatorUrl: string): string {
  const modelList = DEMO_MODELS.map(({ group, model }) => ({
    model_name: group,
    litellm_params: { model, api_base: simulatorUrl, api_key: 'simulated' },
  }));
  return JSON.stringify({ model_list: modelList, litellm_settings: { drop_params: true } }, null, 2);
}
