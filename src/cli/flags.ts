/** Every flag of the command line, in two tables: what works, and what is accepted and means nothing here. */

/** A flag that does something. */
export interface Flag {
  readonly kind: 'switch' | 'value' | 'values';
  readonly short?: string;
  /** How help names the value: `FILE`. */
  readonly valueName?: string;
  /** The environment variable that stands in for the flag. */
  readonly variable?: string;
  readonly about: string;
}

const flags = {
  config: {
    kind: 'values',
    short: 'c',
    valueName: 'FILE',
    variable: 'CONFIG_FILE_PATH',
    about: 'Configuration to serve; repeat it to merge several files in order.',
  },
  port: { kind: 'value', valueName: 'N', variable: 'PORT', about: 'Port to listen on (4000). 0 takes any free one.' },
  host: { kind: 'value', valueName: 'ADDRESS', variable: 'HOST', about: 'Address to listen on.' },
  ssl_certfile_path: {
    kind: 'value',
    valueName: 'FILE',
    variable: 'SSL_CERTFILE_PATH',
    about: 'PEM file with the certificate to serve HTTPS with, and its chain.',
  },
  ssl_keyfile_path: {
    kind: 'value',
    valueName: 'FILE',
    variable: 'SSL_KEYFILE_PATH',
    about: 'PEM file with the key of that certificate.',
  },
  ciphers: { kind: 'value', valueName: 'LIST', about: 'Cipher suites to serve HTTPS with, as OpenSSL names them.' },
  num_workers: {
    kind: 'value',
    valueName: 'N',
    variable: 'NUM_WORKERS',
    about: 'Processes that share the port (1).',
  },
  unshared_limits: {
    kind: 'switch',
    variable: 'SLUICE_UNSHARED_LIMITS',
    about: 'Let several processes serve without a Redis: each then keeps budgets and limits for itself alone.',
  },
  model: {
    kind: 'value',
    short: 'm',
    valueName: 'MODEL',
    about: 'Without --config: serve this one model, as provider/model. With --test and route: the model to ask for.',
  },
  alias: { kind: 'value', valueName: 'NAME', about: 'With --model: the name clients ask for.' },
  api_base: { kind: 'value', valueName: 'URL', about: 'With --model: where the provider answers.' },
  api_version: { kind: 'value', valueName: 'VERSION', about: 'With --model: the API version to ask for.' },
  strict: {
    kind: 'switch',
    variable: 'SLUICE_STRICT',
    about: 'Refuse a configuration with a deployment that cannot be served, instead of serving the rest.',
  },
  drop_params: { kind: 'switch', about: 'Drop parameters that a provider cannot take instead of answering 400.' },
  drain_delay: {
    kind: 'value',
    valueName: 'SECONDS',
    about: 'How long requests are still taken after SIGTERM, while readiness is already 503.',
  },
  request_timeout: { kind: 'value', valueName: 'SECONDS', about: 'Longest time for one request.' },
  debug: { kind: 'switch', about: 'Log at level debug.' },
  detailed_debug: { kind: 'switch', about: 'Log at level trace.' },
  test: {
    kind: 'switch',
    about: 'Send a test completion to the gateway that runs on --host and --port, and print it.',
  },
  health: { kind: 'switch', about: 'Ask the gateway that runs on --host and --port how its deployments are.' },
  prompt_file: {
    kind: 'value',
    valueName: 'FILE',
    about:
      'With route: the request, as a JSON body, a list of messages, or the text of a prompt. With predict cache: the body (standard input).',
  },
  current: {
    kind: 'value',
    valueName: 'ID',
    about: 'With predict cache: the deployment that is used now, by its id.',
  },
  candidate: { kind: 'value', valueName: 'ID', about: 'With predict cache: the one that may take its place.' },
  stream: { kind: 'switch', about: 'With route: the request asks for a stream.' },
  tags: { kind: 'value', valueName: 'A,B', about: 'With route: the tags of the request.' },
  call_id: {
    kind: 'value',
    valueName: 'ID',
    about: 'With route and spend: ask the gateway that runs on --host and --port about a request it had.',
  },
  ratio: {
    kind: 'value',
    valueName: 'PART',
    about:
      'With try compress: the part of the characters of the whole body to keep, such as 0.3. Without it nothing is left out.',
  },
  by: {
    kind: 'value',
    valueName: 'WHAT',
    about:
      'With spend: key, team, user, organization, customer, model, provider_model, provider, tag or day (model). With savings: mechanism or one of these but tag (mechanism).',
  },
  orphans: {
    kind: 'switch',
    about: 'With spend: list the requests that a killed gateway had under way; with --attempt and --cost correct one.',
  },
  attempt: { kind: 'value', valueName: 'ID', about: 'With spend --orphans: the attempt to correct.' },
  cost: {
    kind: 'value',
    valueName: 'USD',
    about: 'With spend --orphans --attempt: what it really cost; 0 releases it.',
  },
  from: {
    kind: 'value',
    valueName: 'DATE',
    about: 'With spend and savings: the first day (UTC), as YYYY-MM-DD (30 days ago).',
  },
  to: { kind: 'value', valueName: 'DATE', about: 'With spend and savings: the last day.' },
  data: {
    kind: 'value',
    valueName: 'FILE',
    about: 'With calibrate: the prompts to learn from, a JSON line each, with what each model made of them.',
  },
  prices: {
    kind: 'value',
    valueName: 'FILE',
    about:
      'With calibrate: what the models cost, as JSON: {"model": {"inputPerMillion": USD, "outputPerMillion": USD}}.',
  },
  out: { kind: 'value', valueName: 'FILE', about: 'With calibrate: where the router is written.' },
  router: { kind: 'value', valueName: 'FILE', about: 'With try route: the router that calibrate wrote.' },
  quality: {
    kind: 'value',
    valueName: 'SHARE',
    about: 'With try route: the share of the best single model’s quality that is to be reached on average (0.95).',
  },
  no_cascade: { kind: 'switch', about: 'With try route: one call for each prompt, as streams need it.' },
  json: { kind: 'switch', about: 'With check, route, spend, savings and report cache: print JSON.' },
  version: { kind: 'switch', short: 'v', about: 'Print the version.' },
  help: { kind: 'switch', short: 'h', about: 'Print this.' },
} as const satisfies Record<string, Flag>;

/** The name of a flag that does something. */
export type FlagName = keyof typeof flags;

/** The flags that do something, in the order help lists them. */
export const FLAGS: Readonly<Record<FlagName, Flag>> = flags;

/** A flag of LiteLLM that is accepted so that existing start lines keep working, and why it changes nothing. */
interface IdleFlag {
  readonly takesValue: boolean;
  readonly why: string;
}

const oneServer = 'Sluice has one HTTP server; use --num_workers for more processes';
const noDatabase = 'Sluice has no Prisma schema to move';
const inConfig = 'set it in the configuration file';

/** LiteLLM's flags without a meaning here. */
export const IDLE_FLAGS: Readonly<Record<string, IdleFlag>> = {
  run_gunicorn: { takesValue: false, why: oneServer },
  run_hypercorn: { takesValue: false, why: oneServer },
  run_granian: { takesValue: false, why: oneServer },
  keepalive_timeout: { takesValue: true, why: 'idle connections are closed by the server’s own clock' },
  max_requests_before_restart: { takesValue: true, why: 'workers are restarted only when they fail' },
  max_requests_before_restart_jitter: { takesValue: true, why: 'workers are restarted only when they fail' },
  skip_server_startup: { takesValue: false, why: noDatabase },
  use_prisma_db_push: { takesValue: false, why: noDatabase },
  use_legacy_migration_resolver: { takesValue: false, why: noDatabase },
  iam_token_db_auth: { takesValue: false, why: noDatabase },
  use_queue: { takesValue: false, why: 'requests are never queued behind others' },
  telemetry: { takesValue: true, why: 'Sluice reports to no one' },
  local: { takesValue: false, why: 'it concerns LiteLLM’s own development' },
  reload: {
    takesValue: false,
    why: 'configuration files are always watched; npm run dev restarts on a change of code',
  },
  log_config: { takesValue: true, why: 'set log_level and log_format in the configuration file' },
  temperature: { takesValue: true, why: inConfig },
  max_tokens: { takesValue: true, why: inConfig },
  max_budget: { takesValue: true, why: inConfig },
  headers: { takesValue: true, why: inConfig },
  add_key: { takesValue: true, why: inConfig },
  add_function_to_prompt: { takesValue: false, why: 'tools are never written into the prompt' },
  save: { takesValue: false, why: inConfig },
  test_async: { takesValue: false, why: 'use --test' },
  num_requests: { takesValue: true, why: 'use --test' },
};
