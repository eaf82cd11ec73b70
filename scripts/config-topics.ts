/** What settings that do nothing yet wait for, by their names: the reference lists them by it, apart from those that act. */

/** The first line that matches counts; its topic is a heading of the reference. */
const TOPICS: readonly (readonly [topic: string, paths: RegExp])[] = [
  [
    'Guardrails, policies and rules',
    /guard|polic(?:y|ies)$|policy_attachments|banned_keywords|prompt_injection|llamaguard|moderation|presidio|pii|\.rules$|json_schema_validation/i,
  ],
  [
    'Callbacks for logs and traces',
    /callback|langfuse|datadog|message_logging|no_log_param|redact_user|store_prompts|generic_api|gcs_callback|s3_callback|secret_manager_settings|default_team_settings/,
  ],
  [
    'Metrics, alerts and traces',
    /prometheus|alerting|alert_type_config|spend_report_frequency|traceparent|add_user_information/,
  ],
  ['Cost levers', /budget_fallbacks|throttle_on_budget|include_cost_in_streaming|priority_reservation/],
  ['Caching of answers', /cach(?:e|ing)|similarity_threshold|supported_call_types|\.(?:mode|namespace|ttl|type)$/],
  ['Other providers', /\.(?:aws|vertex|watsonx)_|use_xai_oauth|use_litellm_proxy|custom_llm_provider/],
  ['Automatic routers', /(?:auto|complexity|adaptive|quality)_router/],
  [
    'MCP, agents, prompts, vector stores and searches',
    /mcp|agent|prompt|vector_store|milvus|search_tools|object_permission/,
  ],
  [
    'Files, batches, assistants, media and pass-through',
    /files?_|batch|assistant_settings|finetune|pass_?through|_bucket|s3_encryption|image_generation_model|voice|max_file_size|managed_files/,
  ],
  [
    'Sign-in, roles, secret managers and the UI',
    /jwt|oauth2|rbac|^general_settings\.role_|service_account|key_management|azure_key_vault|google_kms|aws_secret|ui_|sso|invite|use_x_forwarded_for|allowed_ips|public_/,
  ],
];

const OTHER = 'Routing, limits, prices and the server';

/** What a setting waits for, by its path. */
export function topicOf(path: string): string {
  return TOPICS.find(([, paths]) => paths.test(path))?.[0] ?? OTHER;
}

/** The topics in the order of the reference, those of no feature first. */
export const TOPIC_ORDER: readonly string[] = [OTHER, ...TOPICS.map(([topic]) => topic)];
