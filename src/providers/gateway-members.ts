import type { FormatId } from '../formats/neutral/conversation.ts';

/** A member of a request's body that is meant for the gateway and never sent to a provider. */
interface GatewayMember {
  /** What it asks of the gateway. */
  readonly meaning: string;
  /** Formats in which the same word is the provider's own and stays. */
  readonly keepIn?: readonly FormatId[];
  /** The member stays if the body also holds this one with the value `true`. */
  readonly keepWith?: string;
}

/**
 * LiteLLM's per-request members (docs/proxy/user_keys, docs/routing and docs/proxy/reliability of docs.litellm.ai, 2026-07-14).
 * Besides these, every member whose name begins with `litellm_` is the gateway's.
 *
 * `metadata` is the one word both sides use. LiteLLM keeps it for itself (tags, trace ids), and OpenAI refuses it unless the
 * completion is stored ("The 'metadata' parameter is only allowed when 'store' is enabled"), so it goes upstream only then.
 * In Anthropic's format it is Anthropic's own (`metadata.user_id`).
 */
export const GATEWAY_MEMBERS: Readonly<Record<string, GatewayMember>> = {
  metadata: {
    meaning: 'Facts for logs, tags and traces.',
    keepIn: ['anthropic-messages', 'openai-responses'],
    keepWith: 'store',
  },
  tags: { meaning: 'Tags for routing and for spend reports.' },

  fallbacks: { meaning: 'Model groups to try when this one fails.' },
  context_window_fallbacks: { meaning: 'Model groups to try when the prompt is too large.' },
  content_policy_fallbacks: { meaning: 'Model groups to try when a content filter refuses.' },
  disable_fallbacks: { meaning: 'Try no other model group.' },
  num_retries: { meaning: 'How many further tries one model group gets.' },
  max_retries: { meaning: 'The same, by the name OpenAI clients use.' },
  retry_policy: { meaning: 'How many further tries each kind of failure gets.' },
  timeout: { meaning: 'Seconds the whole request may take.' },
  request_timeout: { meaning: 'The same, by its other name.' },
  stream_timeout: { meaning: 'Seconds until the first piece of a stream, and between two of its pieces.' },
  total_timeout: { meaning: 'Seconds the request may take over all its attempts, to the end of a stream.' },
  priority: { meaning: 'The place in the queue of the scheduler.' },
  specific_deployment: { meaning: 'Ask for one deployment by its id.' },
  model_info: { meaning: 'Facts of the deployment, echoed by some clients.' },
  router_settings_override: { meaning: 'Router settings for this request.' },
  include_fallback_errors: { meaning: 'Report the failures of the fallbacks too.' },

  cache: { meaning: 'How the answer cache treats this request.' },
  caching: { meaning: 'Switch the answer cache on or off.' },
  guardrails: { meaning: 'Guardrails to run.' },
  guardrail_config: { meaning: 'Settings for the guardrails to run.' },
  policies: { meaning: 'Guardrail policies to apply.' },
  'no-log': { meaning: 'Write no log of this request.' },
  turn_off_message_logging: { meaning: 'Log this request without its content.' },
  prompt_id: { meaning: 'A managed prompt to start from.' },
  prompt_variables: { meaning: 'Values for the managed prompt.' },
  prompt_version: { meaning: 'The version of the managed prompt.' },
  cache_control_injection_points: { meaning: 'Where to put prompt-cache marks.' },

  drop_params: { meaning: 'Drop parameters the provider does not take.' },
  additional_drop_params: { meaning: 'Further parameters to drop.' },
  allowed_openai_params: { meaning: 'Parameters to send although the provider is not known to take them.' },
  enable_json_schema_validation: { meaning: 'Check the answer against the schema asked for.' },
  merge_reasoning_content_in_choices: { meaning: 'Put the reasoning into the answer text.' },

  // Where a request goes and as whom is never the client's to say (CVE-2024-6587: `api_base` in the body).
  api_key: { meaning: 'A key for the provider; ignored.' },
  api_base: { meaning: 'An address for the provider; ignored.' },
  base_url: { meaning: 'An address for the provider; ignored.' },
  api_version: { meaning: 'A version of the provider; ignored.' },
  custom_llm_provider: { meaning: 'The provider to use; ignored.' },
  organization: { meaning: 'An organization at the provider; ignored.' },
  extra_headers: { meaning: 'Headers for the provider; ignored.' },
  headers: { meaning: 'Headers for the provider; ignored.' },
  user_config: { meaning: 'A router configuration of the client; ignored.' },
  proxy_server_request: { meaning: 'What the proxy received; ignored.' },
  model_list: { meaning: 'Deployments of the client; ignored.' },
  deployment_id: { meaning: 'A deployment at the provider; ignored.' },
  azure_endpoint: { meaning: 'An address for the provider; ignored.' },
  azure_deployment: { meaning: 'A deployment at the provider; ignored.' },
  azure_ad_token: { meaning: 'A token for the provider; ignored.' },
  aws_access_key_id: { meaning: 'A key for the provider; ignored.' },
  aws_secret_access_key: { meaning: 'A key for the provider; ignored.' },
  aws_session_token: { meaning: 'A token for the provider; ignored.' },
  aws_region_name: { meaning: 'A region of the provider; ignored.' },
  aws_bedrock_runtime_endpoint: { meaning: 'An address for the provider; ignored.' },
  vertex_credentials: { meaning: 'A key for the provider; ignored.' },
  vertex_project: { meaning: 'A project at the provider; ignored.' },
  vertex_location: { meaning: 'A region of the provider; ignored.' },
  secret_fields: { meaning: 'Raw headers of the client; ignored.' },

  mock_response: { meaning: 'Answer with this text without calling a provider.' },
  mock_tool_calls: { meaning: 'Answer with these tool calls without calling a provider.' },
  mock_timeout: { meaning: 'Pretend that the provider did not answer.' },
  mock_delay: { meaning: 'Wait this many seconds before the mock answer.' },
  mock_testing_fallbacks: { meaning: 'Pretend a failure to see the fallbacks work.' },
  mock_testing_context_fallbacks: { meaning: 'Pretend a prompt that is too large.' },
  mock_testing_context_window_fallbacks: { meaning: 'Pretend a prompt that is too large.' },
  mock_testing_content_policy_fallbacks: { meaning: 'Pretend a refusal of a content filter.' },
  mock_testing_rate_limit_error: { meaning: 'Pretend a rate limit.' },
};

/** Whether a top-level member of a body is the gateway's and must not be sent. `memberValue` returns another member's value. */
export function isGatewayMember(
  name: string,
  format: FormatId,
  memberValue: (name: string) => unknown = () => undefined,
): boolean {
  if (name.startsWith('litellm_')) return true;
  const member = Object.hasOwn(GATEWAY_MEMBERS, name) ? GATEWAY_MEMBERS[name] : undefined;
  if (member === undefined) return false;
  if (member.keepIn?.includes(format) === true) return false;
  return member.keepWith === undefined || memberValue(member.keepWith) !== true;
}
