/** The zod schema of a configuration file, made from the table of known settings. */
import { z } from 'zod';
import { isTimeZone, PERIOD_WORDS, parsePeriod } from '../core/period.ts';
import { durationMs, momentMs } from './durations.ts';
import type { Setting, SettingTable, SettingType } from './known-settings.ts';
import * as known from './known-settings.ts';

const digits = z.string().regex(/^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/);
/** What a variable gives is a text; where a number is wanted, its digits are read. */
const number = z.union([z.number(), digits.transform(Number)]);
const wordsOfTruth: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  false: false,
  no: false,
  off: false,
};
const flag = z.union([
  z.boolean(),
  z
    .string()
    .regex(/^\s*([Tt]rue|TRUE|[Ff]alse|FALSE|[Yy]es|[Nn]o|[Oo]n|[Oo]ff)\s*$/)
    .transform((word) => wordsOfTruth[word.trim().toLowerCase()] === true),
]);
const text = z.string();
const word = z.string().transform((written) => written.trim());
const texts = z.union([z.array(z.string()), z.string().transform((single) => [single])]);

/** Made once per type: the shape a value has after variables were filled in. */
const SHAPES = {
  text,
  secret: text,
  flag,
  integer: number.pipe(z.int().min(0)),
  count: number.pipe(z.int().min(1)),
  number: number.pipe(z.number().min(0)),
  seconds: number.pipe(z.number().min(0)),
  usd: z.union([z.number(), digits]).refine((value) => Number(value) >= 0),
  port: number.pipe(z.int().min(0).max(65535)),
  ratio: number.pipe(z.number().min(0).max(1)),
  period: word.refine((written) => parsePeriod(written) !== undefined),
  duration: word.refine((written) => durationMs(written) !== undefined),
  zone: word.refine(isTimeZone),
  moment: word.refine((written) => momentMs(written) !== undefined),
  texts,
  list: z.array(z.unknown()),
  map: z.record(z.string(), z.unknown()),
  groups: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]),
  any: z.unknown(),
} as const;

const choices = new WeakMap<object, z.ZodType>();
/** The words a setting is limited to, or that are likely meant; undefined where there is no telling. */
export function wordsOf(type: SettingType): readonly string[] | undefined {
  if (type === 'period') return Object.keys(PERIOD_WORDS);
  if (type === 'zone') return Intl.supportedValuesOf('timeZone');
  if (typeof type === 'string') return undefined;
  return 'eachOf' in type ? type.eachOf : type;
}

/** The zod type of a setting's value. */
export function shapeOf(type: SettingType): z.ZodType {
  if (typeof type === 'string') return SHAPES[type];
  const known = choices.get(type);
  if (known !== undefined) return known;
  const choice = word.pipe(wordOf(type));
  const made = 'eachOf' in type ? z.union([z.array(choice), choice.transform((single) => [single])]) : choice;
  choices.set(type, made);
  return made;
}

function wordOf(type: Exclude<SettingType, string>) {
  return z.enum([...('eachOf' in type ? type.eachOf : type)] as [string, ...string[]]);
}

/** What a type is called in messages and in the reference. */
export function wordsFor(type: SettingType): string {
  if (typeof type === 'string') return WORDS[type];
  const words = ('eachOf' in type ? type.eachOf : type).map((word) => `"${word}"`).join(', ');
  return 'eachOf' in type ? `a list of ${words}` : `one of ${words}`;
}

const WORDS: Readonly<Record<Extract<SettingType, string>, string>> = {
  text: 'a text',
  secret: 'a text',
  flag: 'true or false',
  integer: 'a whole number, 0 or more',
  count: 'a whole number, 1 or more',
  number: 'a number, 0 or more',
  seconds: 'a number of seconds, 0 or more',
  usd: 'an amount in USD, 0 or more',
  port: 'a port, a whole number from 0 to 65535',
  ratio: 'a number from 0 to 1',
  period: 'a period such as "1d", "7d", "1mo" or "monthly"',
  duration: 'a length of time such as "12h" or "30d"',
  zone: 'a time zone such as "Europe/Berlin"',
  moment: 'a date such as "2030-01-31", or a date and time',
  texts: 'a list of texts',
  list: 'a list',
  map: 'a map',
  groups: 'a map from a model group to others, or a list of such maps',
  any: 'anything',
};

/** `os.environ/NAME`, or a text with `${NAME}` in it: in a file, it may stand for any scalar. */
const reference = z.string().regex(/^os\.environ\/|\$\{/);

const GROUP = z.union([z.string(), z.looseObject({ model: z.string() })]);
const GROUPS = z.record(z.string(), z.union([GROUP, z.array(GROUP)]));

const PLAIN: Readonly<Record<Extract<SettingType, string>, () => z.ZodType>> = {
  text: () => z.union([z.string(), z.number(), z.boolean()]),
  secret: () => z.union([z.string(), z.number()]),
  flag: () => z.union([z.boolean(), reference]),
  integer: () => z.union([z.int().min(0), reference]),
  count: () => z.union([z.int().min(1), reference]),
  number: () => z.union([z.number().min(0), reference]),
  seconds: () => z.union([z.number().min(0), reference]),
  usd: () => z.union([z.number().min(0), z.string()]),
  port: () => z.union([z.int().min(0).max(65535), reference]),
  ratio: () => z.union([z.number().min(0).max(1), reference]),
  period: () => z.string(),
  duration: () => z.string(),
  zone: () => z.string(),
  moment: () => z.string(),
  texts: () => z.union([z.array(z.union([z.string(), z.number()])), z.string()]),
  list: () => z.array(z.unknown()),
  map: () => z.record(z.string(), z.unknown()),
  groups: () => z.union([GROUPS, z.array(GROUPS)]),
  any: () => z.unknown(),
};

function written(setting: Setting): z.ZodType {
  const { type } = setting;
  if (typeof type === 'string') return PLAIN[type]();
  const choice = z.union([wordOf(type), reference]);
  return 'eachOf' in type ? z.union([z.array(choice), choice]) : choice;
}

function describe(setting: Setting, shape: z.ZodType): z.ZodType {
  const fallback = setting.fallback === undefined ? '' : ` Default: ${setting.fallback}.`;
  const effect =
    setting.effect === 'now' ? '' : setting.effect === 'later' ? ' (Not yet in effect.)' : ' (No meaning here.)';
  return shape.nullable().optional().describe(`${setting.text}${fallback}${effect}`);
}

/** An object schema of a section, with deeper schemas in place of plain maps and lists where they are known. */
function section(table: SettingTable, deeper: Readonly<Record<string, z.ZodType>> = {}, isOpen = false): z.ZodType {
  const members: Record<string, z.ZodType> = {};
  for (const [name, setting] of table) members[name] = describe(setting, deeper[name] ?? written(setting));
  return isOpen ? z.looseObject(members) : z.strictObject(members);
}

/** The schema of a whole file as people write it, references to variables allowed: what editors and the reference page use. */
export function configFileSchema(): z.ZodType {
  const allowedFailsPolicy = section(known.ALLOWED_FAILS_POLICY).meta({ id: 'allowed_fails_policy' });
  const modelInfo = section(
    new Map([...known.MODEL_INFO, ...known.PRICE_SETTINGS]),
    { allowed_fails_policy: allowedFailsPolicy },
    true,
  ).meta({ id: 'model_info' });
  const modelParams = section(
    new Map([...known.MODEL_PARAMS, ...known.PRICE_SETTINGS]),
    { model_info: modelInfo },
    true,
  ).meta({ id: 'litellm_params' });
  const hedge = section(known.HEDGE).meta({ id: 'hedge' });
  const groupSettings = section(known.GROUP_SETTINGS, { hedge }).meta({ id: 'model_group_settings' });
  const retryPolicy = section(known.RETRY_POLICY).meta({ id: 'retry_policy' });
  const periodBudget = section(known.PERIOD_BUDGET).meta({ id: 'period_budget' });
  const budgetByName = z.record(z.string(), z.union([periodBudget, PLAIN.usd()]));
  const limits = { budget_limits: z.array(periodBudget), model_max_budget: budgetByName };
  const organizationMember = section(known.ORGANIZATION_MEMBER, limits).meta({ id: 'organization_member' });
  const teamMember = section(known.TEAM_MEMBER, limits).meta({ id: 'team_member' });
  const cache = section(known.CACHE_PARAMS, {}, true).meta({ id: 'cache_params' });
  return section(known.TOP_LEVEL, {
    model_list: z.array(section(known.MODEL_ENTRY, { litellm_params: modelParams, model_info: modelInfo })),
    litellm_settings: section(known.LITELLM_SETTINGS, {
      cache_params: cache,
      cache: z.union([z.boolean(), reference, cache]),
      default_key_generate_params: section(known.NEW_KEY_PARAMS, {}, true),
      upperbound_key_generate_params: section(known.KEY_BOUNDS, {}, true),
      default_team_params: section(known.NEW_TEAM_PARAMS, {}, true),
      default_internal_user_params: section(known.NEW_USER_PARAMS, {}, true),
      key_generation_settings: section(known.KEY_GENERATION, {}, true),
    }),
    router_settings: section(known.ROUTER_SETTINGS, {
      default_litellm_params: modelParams,
      retry_policy: retryPolicy,
      model_group_retry_policy: z.record(z.string(), retryPolicy),
      allowed_fails_policy: allowedFailsPolicy,
      routing_groups: z.array(section(known.ROUTING_GROUP)),
      model_group_settings: z.record(z.string(), groupSettings),
      hedge,
      provider_budget_config: budgetByName,
    }),
    general_settings: section(known.GENERAL_SETTINGS),
    budget_settings: section(known.BUDGET_SETTINGS, {
      when_away: z.union([z.enum(['open', 'closed', 'share']), reference, section(known.WHEN_AWAY_BY_KIND)]),
    }),
    user_api_key_list: z.array(
      section(known.DECLARED_KEY, { ...limits, metadata: section(known.KEY_METADATA, {}, true) }),
    ),
    organizations: z.array(section(known.ORGANIZATION, { ...limits, members: z.array(organizationMember) })),
    teams: z.array(section(known.TEAM, { ...limits, members_with_roles: z.array(teamMember) })),
    users: z.array(section(known.USER, limits)),
    customers: z.array(section(known.CUSTOMER, limits)),
    tags: z.array(section(known.TAG, limits)),
    environment_variables: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    credential_list: z.array(section(known.CREDENTIAL_ENTRY, { credential_values: modelParams })),
  });
}
