import { parseArgs } from 'node:util';
import { didYouMean } from '../config/did-you-mean.ts';
import { FLAGS, type FlagName, IDLE_FLAGS } from './flags.ts';
import { PROGRAM_COMMANDS } from './people/command-names.ts';

/** What the command line asks for. */
type Command =
  | 'serve'
  | 'check'
  | 'route'
  | 'spend'
  | 'savings'
  | 'try'
  | 'calibrate'
  | 'predict'
  | 'report'
  | 'demo'
  | 'test'
  | 'health'
  | 'version'
  | 'help';

/** The command line and the environment variables that stand in for flags, read and checked. */
export interface Arguments {
  readonly command: Command;
  /** Whether `try compress` is asked for, and the part of the characters that it keeps; undefined: it leaves out nothing. */
  readonly triesCompression: boolean;
  readonly ratio: number | undefined;
  /** The guardrail that `try guard` tries out; undefined for every other command. */
  readonly guard: string | undefined;
  /** Configuration files, in merge order; for `check` and `route` also the ones given without a flag. */
  readonly files: readonly string[];
  /** Undefined: what the configuration says. */
  readonly port: number | undefined;
  readonly host: string | undefined;
  /** What HTTPS is served with. */
  readonly certificateFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly ciphers: string | undefined;
  readonly workers: number;
  /** Several processes may serve without sharing what budgets and limits have left. */
  readonly unsharedLimits: boolean;
  readonly model: string | undefined;
  readonly alias: string | undefined;
  readonly apiBase: string | undefined;
  readonly apiVersion: string | undefined;
  readonly dropParams: boolean;
  /** What cannot be served stops the start. */
  readonly isStrict: boolean;
  readonly requestTimeoutMs: number | undefined;
  /** For how long readiness is 503 before a drain begins. */
  readonly drainDelayMs: number | undefined;
  readonly logLevel: 'debug' | 'trace' | undefined;
  readonly json: boolean;
  readonly promptFile: string | undefined;
  /** The deployments that `predict cache` compares, by their ids. */
  readonly current: string | undefined;
  readonly candidate: string | undefined;
  readonly stream: boolean;
  readonly tags: string | undefined;
  readonly callId: string | undefined;
  /** What `spend` sums by, and its first and last day. */
  readonly by: string | undefined;
  /** `spend` lists orphans, or corrects one of them. */
  readonly orphans: boolean;
  readonly attempt: string | undefined;
  readonly costUsd: number | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** What is tried: the word behind `try`. */
  readonly tried: string | undefined;
  /** What `calibrate` reads and writes, and what `try route` chooses by. */
  readonly data: string | undefined;
  readonly prices: string | undefined;
  readonly out: string | undefined;
  readonly router: string | undefined;
  readonly quality: number | undefined;
  readonly noCascade: boolean;
  /** One line for each flag that was accepted and changes nothing. */
  readonly notes: readonly string[];
}

/** The command line cannot be followed. The message is for the person who typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The commands whose flags are those of `flags.ts`. */
export const COMMANDS: readonly Command[] = [
  'serve',
  'check',
  'route',
  'spend',
  'savings',
  'try',
  'calibrate',
  'predict',
  'report',
  'demo',
  'version',
  'help',
];
const MOST_WORKERS = 256;
/** What `try` and `predict` know how to do. */
const TRIED = ['cache', 'compress', 'route'];
/** What `predict` and `report` take. */
const PREDICTED = ['cache'];

const takesWord = (command: Command): boolean => command === 'try' || command === 'predict' || command === 'report';

/** Reads the arguments behind the program's name. Throws `UsageError`. */
export function readArguments(argv: readonly string[], env: NodeJS.ProcessEnv): Arguments {
  const { tokens } = parseArgs({
    args: argv.map(withUnderscores),
    options: parserOptions(),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });

  const values = new Map<string, string[]>();
  const words: string[] = [];
  const notes: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const value = readOption(token);
    if (token.name in IDLE_FLAGS) notes.push(`--${token.name} has no effect: ${IDLE_FLAGS[token.name]?.why}.`);
    else if (value !== 'false') values.set(token.name, [...(values.get(token.name) ?? []), value]);
  }

  const flag = (name: FlagName): string | undefined => {
    const given = values.get(name)?.at(-1);
    const variable = FLAGS[name].variable;
    return given ?? (variable === undefined ? undefined : env[variable] || undefined);
  };
  const isSet = (name: FlagName): boolean => values.has(name);

  const command = chooseCommand(words, isSet);
  const fileVariable = FLAGS.config.variable === undefined ? undefined : env[FLAGS.config.variable];
  // What is tried, predicted or reported stands behind the word.
  const further = takesWord(command) ? [] : words.slice(1);
  const given = [...(values.get('config') ?? []), ...further];
  const timeout = flag('request_timeout');
  const delay = flag('drain_delay');
  return {
    command,
    triesCompression: command === 'try' && words[1] === 'compress',
    ratio: ratioOf(flag('ratio')),
    guard: command === 'try' && words[1] === 'guard' ? words[2] : undefined,
    files: given.length > 0 ? given : fileVariable ? [fileVariable] : [],
    port: wholeNumber('port', flag('port'), 0, 65_535),
    host: flag('host'),
    certificateFile: flag('ssl_certfile_path'),
    keyFile: flag('ssl_keyfile_path'),
    ciphers: flag('ciphers'),
    workers: wholeNumber('num_workers', flag('num_workers'), 1, MOST_WORKERS) ?? 1,
    unsharedLimits: isSet('unshared_limits') || isTrue(flag('unshared_limits')),
    model: flag('model'),
    alias: flag('alias'),
    apiBase: flag('api_base'),
    apiVersion: flag('api_version'),
    dropParams: isSet('drop_params'),
    isStrict: isSet('strict') || isTrue(flag('strict')),
    requestTimeoutMs: timeout === undefined ? undefined : seconds('request_timeout', timeout) * 1000,
    drainDelayMs: delay === undefined ? undefined : secondsOrNone('drain_delay', delay) * 1000,
    logLevel: isSet('detailed_debug') ? 'trace' : isSet('debug') ? 'debug' : undefined,
    json: isSet('json'),
    promptFile: flag('prompt_file'),
    current: flag('current'),
    candidate: flag('candidate'),
    stream: isSet('stream'),
    tags: flag('tags'),
    callId: flag('call_id'),
    by: flag('by'),
    orphans: isSet('orphans'),
    attempt: flag('attempt'),
    costUsd: usd('cost', flag('cost')),
    from: flag('from'),
    to: flag('to'),
    tried: command === 'try' ? words[1] : undefined,
    ...{ data: flag('data'), prices: flag('prices'), out: flag('out'), router: flag('router') },
    quality: share('quality', flag('quality')),
    noCascade: isSet('no_cascade'),
    notes,
  };
}

function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^(1|true|yes|on)$/i.test(value.trim());
}

function parserOptions() {
  const options: Record<string, { type: 'string' | 'boolean'; short?: string; multiple: true }> = {};
  for (const [name, flag] of Object.entries(FLAGS)) {
    options[name] = {
      type: flag.kind === 'switch' ? 'boolean' : 'string',
      multiple: true,
      ...(flag.short === undefined ? {} : { short: flag.short }),
    };
  }
  for (const [name, flag] of Object.entries(IDLE_FLAGS)) {
    options[name] = { type: flag.takesValue ? 'string' : 'boolean', multiple: true };
  }
  return options;
}

/** `--num-workers=2` and `--num_workers=2` are the same flag. */
function withUnderscores(argument: string): string {
  if (!argument.startsWith('--')) return argument;
  const [name = '', ...rest] = argument.slice(2).split('=');
  return [`--${name.replaceAll('-', '_')}`, ...rest].join('=');
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function readOption(token: OptionToken): string {
  const known: Readonly<Record<string, { readonly kind: string } | undefined>> = FLAGS;
  const flag = known[token.name];
  const idle = IDLE_FLAGS[token.name];
  if (flag === undefined && idle === undefined) {
    const near = didYouMean(token.name, [...Object.keys(FLAGS), ...Object.keys(IDLE_FLAGS)])?.word;
    const hint = near === undefined ? '' : ` Did you mean --${near}?`;
    throw new UsageError(`Unknown flag ${token.rawName}.${hint}`);
  }
  const takesValue = flag === undefined ? idle?.takesValue === true : flag.kind !== 'switch';
  if (takesValue) {
    // A flag in the place of the value means that the value was forgotten: --config --port 4000.
    const isMissing = token.value === undefined || token.value === '';
    if (flag !== undefined && (isMissing || (token.inlineValue !== true && token.value?.startsWith('--') === true))) {
      throw new UsageError(`${token.rawName} needs a value.`);
    }
    return token.value ?? '';
  }
  if (token.value === undefined) return 'true';
  const word = token.value.toLowerCase();
  if (word === 'true' || word === '1') return 'true';
  if (word === 'false' || word === '0') return 'false';
  throw new UsageError(`${token.rawName} is a switch: it takes no value, or true or false.`);
}

function chooseCommand(words: readonly string[], isSet: (name: FlagName) => boolean): Command {
  if (isSet('help')) return 'help';
  if (isSet('version')) return 'version';
  if (isSet('test')) return 'test';
  if (isSet('health')) return 'health';
  const [word, ...rest] = words;
  if (word === undefined) return 'serve';
  const command = COMMANDS.find((candidate) => candidate === word);
  if (command === undefined) {
    if (PROGRAM_COMMANDS.includes(word)) throw new UsageError(`Put ${word} first: sluice ${word} …`);
    const near = didYouMean(word, [...COMMANDS, ...PROGRAM_COMMANDS])?.word;
    throw new UsageError(`Unknown command ${word}.${near === undefined ? '' : ` Did you mean ${near}?`}`);
  }
  if (command === 'try' && rest[0] === 'guard') {
    if (rest.length === 2) return command;
    throw new UsageError('try guard takes one guardrail by its name: sluice try guard injection < TEXTS.JSONL.');
  }
  if (takesWord(command)) {
    const [what = '', ...more] = rest;
    const known = command === 'try' ? TRIED : PREDICTED;
    if (known.includes(what) && more.length === 0) return command;
    const lines = known.map((word) => `sluice ${command} ${word}`).join(', ');
    const guards = command === 'try' ? ', or sluice try guard NAME' : '';
    throw new UsageError(`${command} takes one word: ${lines}${guards}. Configuration files are given with --config.`);
  }
  if (command !== 'check' && command !== 'route' && rest.length > 0) {
    throw new UsageError(`${command} takes no ${rest[0]}. Configuration files are given with --config.`);
  }
  return command;
}

function wholeNumber(name: FlagName, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`--${name} must be a whole number from ${least} to ${most}, not ${JSON.stringify(text)}.`);
}

function ratioOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = /^(?:0?\.\d+|1(?:\.0+)?)$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0) return value;
  throw new UsageError(`--ratio must be a part from 0 to 1 such as 0.3, not ${JSON.stringify(text)}.`);
}

function secondsOrNone(name: FlagName, text: string): number {
  return text === '0' ? 0 : seconds(name, text);
}

function usd(name: FlagName, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text);
  throw new UsageError(`--${name} must be an amount in USD such as 0.0042, not ${JSON.stringify(text)}.`);
}

function share(name: FlagName, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0 && value <= 2) return value;
  throw new UsageError(`--${name} must be a share such as 0.95, not ${JSON.stringify(text)}.`);
}

function seconds(name: FlagName, text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 86_400) return value;
  throw new UsageError(`--${name} must be a number of seconds up to 86400, not ${JSON.stringify(text)}.`);
}
