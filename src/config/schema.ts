/** The zod schema of a configuration file, made from the table of known settings. */
import { z } from 'zod';
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
const texts = z.union([z.array(z.string()), z.string().transform((single) => [single])]);

/** Made once per type: the shape a value has after variables were filled in. */
const SHAPES = {
  text,
  secret: text,
  flag,
  integer: number.pipe(z.int().min(0)),
  number: number.pipe(z.number().min(0)),
  seconds: number.pipe(z.number().min(0)),
  usd: z.union([z.number(), digits]).refine((value) => Number(value) >= 0),
  port: number.pipe(z.int().min(0).max(65535)),
  ratio: number.pipe(z.number().min(0).max(1)),
  texts,
  list: z.array(z.unknown()),
  map: z.record(z.string(), z.unknown()),
  any: z.unknown(),
} as const;

const choices = new WeakMap<readonly string[], z.ZodType>();

/** The zod type of a setting's value. */
export function shapeOf(type: SettingType): z.ZodType {
  if (typeof type === 'string') return SHAPES[type];
  const made =
    choices.get(type) ??
    z
      .string()
      .transform((word) => word.trim())
      .pipe(z.enum([...type] as [string, ...string[]]));
  choices.set(type, made);
  return made;
}

/** What a type is called in messages and in the reference. */
export function wordsFor(type: SettingType): string {
  if (typeof type !== 'string') return `one of ${type.map((word) => `"${word}"`).join(', ')}`;
  return WORDS[type];
}

const WORDS: Readonly<Record<Extract<SettingType, string>, string>> = {
  text: 'a text',
  secret: 'a text',
  flag: 'true or false',
  integer: 'a whole number, 0 or more',
  number: 'a number, 0 or more',
  seconds: 'a number of seconds, 0 or more',
  usd: 'an amount in USD, 0 or more',
  port: 'a port, a whole number from 0 to 65535',
  ratio: 'a number from 0 to 1',
  texts: 'a list of texts',
  list: 'a list',
  map: 'a map',
  any: 'anything',
};

/** `os.environ/NAME`, or a text with `${NAME}` in it: in a file, it may stand for any scalar. */
const reference = z.string().regex(/^os\.environ\/|\$\{/);

const PLAIN: Readonly<Record<Extract<SettingType, string>, () => z.ZodType>> = {
  text: () => z.union([z.string(), z.number(), z.boolean()]),
  secret: () => z.union([z.string(), z.number()]),
  flag: () => z.union([z.boolean(), reference]),
  integer: () => z.union([z.int().min(0), reference]),
  number: () => z.union([z.number().min(0), reference]),
  seconds: () => z.union([z.number().min(0), reference]),
  usd: () => z.union([z.number().min(0), z.string()]),
  port: () => z.union([z.int().min(0).max(65535), reference]),
  ratio: () => z.union([z.number().min(0).max(1), reference]),
  texts: () => z.union([z.array(z.union([z.string(), z.number()])), z.string()]),
  list: () => z.array(z.unknown()),
  map: () => z.record(z.string(), z.unknown()),
  any: () => z.unknown(),
};

function written(setting: Setting): z.ZodType {
  const { type } = setting;
  return typeof type === 'string' ? PLAIN[type]() : z.union([z.enum([...type] as [string, ...string[]]), reference]);
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
  const modelInfo = section(new Map([...known.MODEL_INFO, ...known.PRICE_SETTINGS]), {}, true).meta({
    id: 'model_info',
  });
  const modelParams = section(
    new Map([...known.MODEL_PARAMS, ...known.PRICE_SETTINGS]),
    { model_info: modelInfo },
    true,
  ).meta({ id: 'litellm_params' });
  const cache = section(known.CACHE_PARAMS, {}, true).meta({ id: 'cache_params' });
  return section(known.TOP_LEVEL, {
    model_list: z.array(section(known.MODEL_ENTRY, { litellm_params: modelParams, model_info: modelInfo })),
    litellm_settings: section(known.LITELLM_SETTINGS, {
      cache_params: cache,
      cache: z.union([z.boolean(), reference, cache]),
    }),
    router_settings: section(known.ROUTER_SETTINGS, { default_litellm_params: modelParams }),
    general_settings: section(known.GENERAL_SETTINGS),
    user_api_key_list: z.array(section(known.DECLARED_KEY)),
    environment_variables: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    credential_list: z.array(section(known.CREDENTIAL_ENTRY, { credential_values: modelParams })),
  });
}
