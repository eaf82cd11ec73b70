/** The types of settings: what a file may hold for each, what the program gets, and what messages call it. */
import { z } from 'zod';
import type { JsonObject, JsonValue } from '../core/json.ts';
import { type PicoUsd, picoUsdFromUsd } from '../core/money.ts';
import { isTimeZone, PERIOD_WORDS, parsePeriod } from '../core/period.ts';
import { budgetPeriod, durationMs, momentMs } from './durations.ts';

/** What the program gets for a value of each type: times in milliseconds, money in pico-USD. */
interface Values {
  readonly text: string;
  readonly secret: string;
  readonly flag: boolean;
  readonly integer: number;
  readonly count: number;
  readonly number: number;
  readonly seconds: number;
  readonly usd: PicoUsd;
  readonly port: number;
  readonly ratio: number;
  readonly period: string;
  readonly duration: number;
  readonly zone: string;
  readonly moment: number;
  readonly texts: readonly string[];
  readonly list: readonly JsonValue[];
  readonly map: JsonObject;
  readonly groups: JsonValue;
  readonly any: JsonValue;
}

type Words = readonly [string, ...string[]];

/** The type of a setting's value: a name, a choice among words, or a list of such words. */
export type SettingType = keyof Values | Words | { readonly eachOf: Words };

/** What the program gets for a value of the type. */
export type ValueOf<Type> = Type extends keyof Values
  ? Values[Type]
  : Type extends readonly (infer Word)[]
    ? Word
    : Type extends { readonly eachOf: readonly (infer Word)[] }
      ? readonly Word[]
      : never;

/** A value of the type as a file holds it. */
export type WrittenOf<Type> = Type extends 'seconds' | 'usd'
  ? number
  : Type extends 'duration' | 'moment'
    ? string
    : Type extends 'list' | 'map' | 'groups' | 'any'
      ? unknown
      : ValueOf<Type>;

interface TypeRow {
  readonly words: string;
  /** The shape of the value after variables were filled in. */
  readonly shape: z.ZodType;
  /** What editors accept in a file: references to variables too. */
  readonly written: z.ZodType;
}

/** `os.environ/NAME`, or a text with `${NAME}` in it: a file may hold one in place of any scalar. */
const REFERENCE = z.string().regex(/^os\.environ\/|\$\{/);
const DIGITS = z.string().regex(/^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/);
const FLAG_WORDS = z.string().regex(/^\s*([Tt]rue|TRUE|[Ff]alse|FALSE|[Yy]es|[Nn]o|[Oo]n|[Oo]ff)\s*$/);
const GROUP = z.union([z.string(), z.looseObject({ model: z.string() })]);
const GROUPS = z.record(z.string(), z.union([GROUP, z.array(GROUP)]));
const WORD = z.string().transform((written) => written.trim());

/** A number; the value of a variable is a text, so its digits count as well. */
function numeric(words: string, range: z.ZodType<number, number>): TypeRow {
  const number = z.union([z.number(), DIGITS.transform(Number)]);
  return { words, shape: number.pipe(range), written: z.union([range, REFERENCE]) };
}

function spelled(words: string, isValid: (written: string) => boolean): TypeRow {
  return { words, shape: WORD.refine(isValid), written: z.string() };
}

const TYPES: Readonly<Record<keyof Values, TypeRow>> = {
  text: { words: 'a text', shape: z.string(), written: z.union([z.string(), z.number(), z.boolean()]) },
  secret: { words: 'a text', shape: z.string(), written: z.union([z.string(), z.number()]) },
  flag: {
    words: 'true or false',
    shape: z.union([z.boolean(), FLAG_WORDS.transform((word) => /^(true|yes|on)$/i.test(word.trim()))]),
    written: z.union([z.boolean(), REFERENCE]),
  },
  integer: numeric('a whole number, 0 or more', z.int().min(0)),
  count: numeric('a whole number, 1 or more', z.int().min(1)),
  number: numeric('a number, 0 or more', z.number().min(0)),
  seconds: numeric('a number of seconds, 0 or more', z.number().min(0)),
  usd: {
    words: 'an amount in USD, 0 or more',
    shape: z.union([z.number(), DIGITS]).refine((value) => Number(value) >= 0),
    written: z.union([z.number().min(0), z.string()]),
  },
  port: numeric('a port, a whole number from 0 to 65535', z.int().min(0).max(65535)),
  ratio: numeric('a number from 0 to 1', z.number().min(0).max(1)),
  period: spelled('a period such as "1d", "7d", "1mo" or "monthly"', (word) => parsePeriod(word) !== undefined),
  duration: spelled('a length of time such as "12h" or "30d"', (word) => durationMs(word) !== undefined),
  zone: spelled('a time zone such as "Europe/Berlin"', isTimeZone),
  moment: spelled('a date such as "2030-01-31", or a date and time', (word) => momentMs(word) !== undefined),
  texts: {
    words: 'a list of texts',
    shape: z.union([z.array(z.string()), z.string().transform((single) => [single])]),
    written: z.union([z.array(z.union([z.string(), z.number()])), z.string()]),
  },
  list: { words: 'a list', shape: z.array(z.unknown()), written: z.array(z.unknown()) },
  map: { words: 'a map', shape: z.record(z.string(), z.unknown()), written: z.record(z.string(), z.unknown()) },
  groups: {
    words: 'a map from a model group to others, or a list of such maps',
    shape: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]),
    written: z.union([GROUPS, z.array(GROUPS)]),
  },
  any: { words: 'anything', shape: z.unknown(), written: z.unknown() },
};

/** Choices by the list of their words, so that one list makes one shape. */
const choices = new WeakMap<object, TypeRow>();

function typeRow(type: SettingType): TypeRow {
  if (typeof type === 'string') return TYPES[type];
  const known = choices.get(type);
  if (known !== undefined) return known;
  const isList = 'eachOf' in type;
  const words = isList ? type.eachOf : (type as Words);
  const quoted = words.map((word) => `"${word}"`).join(', ');
  // LiteLLM's `LOG_LEVEL: INFO` and ours are the same word.
  const inOurCase = (written: string): string =>
    words.find((word) => word.toLowerCase() === written.toLowerCase()) ?? written;
  const choice = WORD.transform(inOurCase).pipe(z.enum([...words] as [string, ...string[]]));
  const written = z.union([z.enum([...words] as [string, ...string[]]), REFERENCE]);
  const made: TypeRow = isList
    ? {
        words: `a list of ${quoted}`,
        shape: z.union([z.array(choice), choice.transform((single) => [single])]),
        written: z.union([z.array(written), written]),
      }
    : { words: `one of ${quoted}`, shape: choice, written };
  choices.set(type, made);
  return made;
}

/** The zod type of a setting's value, variables filled in. */
export const shapeOf = (type: SettingType): z.ZodType => typeRow(type).shape;

/** The zod type of a setting's value as people write it. */
export const writtenShapeOf = (type: SettingType): z.ZodType => typeRow(type).written;

/** What a type is called in messages and in the reference. */
export const wordsFor = (type: SettingType): string => typeRow(type).words;

/** The words a value is limited to, or that are likely meant; undefined if there are too many to list. */
export function wordsOf(type: SettingType): readonly string[] | undefined {
  if (type === 'period') return Object.keys(PERIOD_WORDS);
  if (type === 'zone') return Intl.supportedValuesOf('timeZone');
  if (typeof type === 'string') return undefined;
  return 'eachOf' in type ? type.eachOf : type;
}

/** What the program gets for a checked value; undefined for an empty text. */
export function programValueOf(type: SettingType, checked: unknown): unknown {
  switch (type) {
    case 'text':
    case 'secret':
      return checked === '' ? undefined : checked;
    case 'seconds':
      return Math.round(Number(checked) * 1000);
    case 'usd':
      return picoUsdFromUsd(checked as number | string);
    case 'period':
      return budgetPeriod(String(checked));
    case 'duration':
      return durationMs(String(checked));
    case 'moment':
      return momentMs(String(checked));
    default:
      return checked;
  }
}
