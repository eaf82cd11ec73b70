/** Settings of the maps in `router_settings`: strategies, hedging, single model groups, policies by class of failure. */
import { STRATEGY_NAMES } from '../../routing/strategies/index.ts';
import { fieldsOf, mapByGroup, type NumberByClass, policyOf, routingGroupsOf } from '../routing-readers.ts';
import { type FieldsOf, now, own, type SettingRows } from '../setting-rows.ts';

/** A word of `routing_strategy` that in LiteLLM only limits by budget, and chooses by simple shuffle. */
const BUDGET_STRATEGY = 'provider-budget-routing';
/** How deployments are chosen unless a file says otherwise. */
export const DEFAULT_STRATEGY = 'simple-shuffle';
/** The words of `routing_strategy`. */
export const STRATEGIES = [
  DEFAULT_STRATEGY,
  ...STRATEGY_NAMES.filter((name) => name !== DEFAULT_STRATEGY),
  BUDGET_STRATEGY,
] as const;
/** What `routing_strategy` does. */
export const STRATEGY_DOC = 'How a deployment of the group is chosen.';
/** What `routing_strategy_args` does. */
export const STRATEGY_ARGS_DOC = 'Settings of that strategy.';
/** What happens to a stream that breaks after its first content: it continues at another deployment, or ends with an error. */
export const MID_STREAM = ['continue', 'error'] as const;

/** The strategy that a word names. */
export const strategyOf = (word: string): string => (word === BUDGET_STRATEGY ? DEFAULT_STRATEGY : word);

/** A second attempt while the first one is late. */
const HEDGE = {
  enabled: own('flag', 'Whether there are second attempts.', 'enabled', false),
  max_extra_spend: own('ratio', "Share of the group's spend that the slower attempts may add.", 'maxExtraSpend', 0.05),
  percentile: own('ratio', 'Share of first tokens (of answers without a stream) in time.', 'percentile', 0.95),
} satisfies SettingRows;

/** The members of `hedge`, wherever that is. */
export const HEDGE_MEMBERS = { as: 'map', rows: HEDGE, id: 'hedge' } as const;

/** One entry of `routing_groups`: a strategy for several model groups. */
const ROUTING_GROUP = {
  group_name: now('text', 'A name for messages.', 'name'),
  models: now('texts', 'The model groups, wildcards allowed. Required.', 'models', []),
  routing_strategy: now(STRATEGIES, STRATEGY_DOC, { to: 'strategy', otherwise: DEFAULT_STRATEGY, convert: strategyOf }),
  routing_strategy_args: now('map', STRATEGY_ARGS_DOC, 'strategyArgs', {}),
} satisfies SettingRows;

/** One entry of `model_group_settings`: what is set for one model group and wins over the router's own. */
const GROUP_SETTINGS = {
  routing_strategy: own(STRATEGIES, STRATEGY_DOC, { to: 'strategy', otherwise: DEFAULT_STRATEGY, convert: strategyOf }),
  routing_strategy_args: own('map', STRATEGY_ARGS_DOC, 'strategyArgs'),
  mid_stream: own(MID_STREAM, 'As in `router_settings`.', 'midStream'),
  hedge: own('map', 'As in `router_settings`.', { to: 'hedge', members: HEDGE_MEMBERS }),
  timeout: own('seconds', 'Limit of an attempt, for deployments that name none.', 'timeoutMs'),
  stream_timeout: own(
    'seconds',
    'Limit until the first content and of every silence, for deployments that name none.',
    'streamTimeoutMs',
  ),
  ttft_timeout: own('seconds', 'Limit until the first token, for deployments that name none.', 'firstTokenTimeoutMs'),
  stream_idle_timeout: own('seconds', 'Longest silence between chunks, if a deployment names none.', 'idleTimeoutMs'),
} satisfies SettingRows;

/** The settings of hedging. */
export interface HedgeConfig extends FieldsOf<typeof HEDGE> {}

/** The settings of one model group. */
export interface GroupSettings extends FieldsOf<typeof GROUP_SETTINGS> {}

const CLASSES: Readonly<Record<string, string>> = {
  BadRequestError: 'the provider refused the request',
  AuthenticationError: 'the provider refused the key',
  PermissionDeniedError: 'the key may not do this',
  NotFoundError: 'no such model',
  TimeoutError: 'no answer in time',
  RateLimitError: 'too many requests',
  ContextWindowExceededError: 'the prompt is too long',
  ContentPolicyViolationError: 'refused for its content',
  PaymentRequiredError: 'no credit',
  InternalServerError: 'status 500',
  BadGatewayError: 'status 502, or no valid answer',
  ServiceUnavailableError: 'status 503, overloaded',
  APIConnectionError: 'no connection, or it broke',
};
/** Those that LiteLLM has in its policies; the others are ours. */
const IN_LITELLM =
  /^(BadRequest|Authentication|Timeout|RateLimit|ContentPolicyViolation|InternalServer|NotFound)Error$/;

const byClass = (suffix: string, what: string): SettingRows =>
  Object.fromEntries(
    Object.entries(CLASSES).map(([name, failure]) => [
      `${name}${suffix}`,
      (IN_LITELLM.test(name) ? now : own)('integer', `${what}: ${failure}.`),
    ]),
  );

const NO_NUMBERS: NumberByClass = {};

/** What a row says of a map of numbers by class. */
const policy = (rows: SettingRows, id: string) =>
  ({ default: NO_NUMBERS, read: policyOf(rows), members: { as: 'map', rows, id } }) as const;

/** `retry_policy`, wherever it may be. */
export const RETRIES = policy(byClass('Retries', 'Further tries'), 'retry_policy');
/** `allowed_fails_policy`, wherever it may be. */
export const ALLOWED_FAILS = policy(byClass('AllowedFails', 'Failures in a minute'), 'allowed_fails_policy');

/** Group → a `retry_policy` of its own. */
export const RETRIES_BY_GROUP = {
  default: new Map<string, NumberByClass>(),
  read: mapByGroup(RETRIES.read),
  members: { ...RETRIES.members, as: 'by-name' },
} as const;

/** `model_group_settings`. */
export const SETTINGS_BY_GROUP = {
  default: new Map<string, GroupSettings>(),
  read: mapByGroup(fieldsOf(GROUP_SETTINGS)),
  members: { as: 'by-name', rows: GROUP_SETTINGS, id: 'model_group_settings' },
} as const;

/** `routing_groups`. */
export const ROUTING_GROUPS = {
  default: [],
  read: routingGroupsOf(ROUTING_GROUP),
  members: { as: 'list', rows: ROUTING_GROUP },
} as const;
