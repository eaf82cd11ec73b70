/** How opencode is run: one prompt at a time without its screen, with its own tools and one small tool server. */
import { join } from 'node:path';
import type { JsonObject } from '../../src/core/json.ts';
import type { House } from './house.ts';
import { PROVIDERS } from './programs.ts';
import type { Sandbox } from './sandbox.ts';

const HARBOUR = join(import.meta.dirname, 'harbour-server.mjs');

/** The packages that opencode brings along for a provider of one's own; each speaks another format. */
export type OpencodePackage = '@ai-sdk/openai-compatible' | '@ai-sdk/openai' | '@ai-sdk/anthropic';

/** How one prompt is asked. */
export interface Asked {
  readonly prompt: string;
  readonly model: string;
  readonly by: OpencodePackage;
  /** Continues the last conversation of this sandbox. */
  readonly isNextTurn?: boolean;
}

/** What opencode made of the answers. */
export interface Told {
  /** Its last words. */
  readonly result: string;
  /** The tools that it ran to their end. */
  readonly calls: readonly string[];
  /** What it reports as having gone wrong. */
  readonly errors: readonly string[];
  /** What the last answer was made from, cached or not. */
  readonly inputTokens: number;
}

// It would ask for a list of models, for updates, plug-ins and language servers.
const OFFLINE = {
  OPENCODE_DISABLE_MODELS_FETCH: '1',
  OPENCODE_DISABLE_AUTOUPDATE: '1',
  OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
  OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
};

/** Asks one prompt and reads everything that opencode says. */
export async function askOpencode(folder: string, house: House, sandbox: Sandbox, asked: Asked): Promise<Told> {
  sandbox.write('opencode.json', JSON.stringify(configuration(house, asked)));
  const { stdout, stderr, code } = await sandbox.run({
    command: join(folder, 'node_modules/opencode-linux-x64-baseline/bin/opencode'),
    args: ['run', '--format', 'json', '--auto', ...(asked.isNextTurn === true ? ['--continue'] : [])],
    // On the command line it puts what has spaces into quotation marks.
    stdin: asked.prompt,
    env: { ...OFFLINE, SLUICE_API_KEY: house.gateway.masterKey },
  });
  const lines = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);
  if (lines.length === 0) throw new Error(`opencode ended with ${code} and said nothing.\n${stdout}\n${stderr}`);
  return toldBy(lines);
}

function configuration({ gateway }: House, { model, by }: Asked): JsonObject {
  return {
    provider: {
      sluice: {
        npm: by,
        name: 'Sluice',
        options: { baseURL: `${gateway.url}/v1`, apiKey: '{env:SLUICE_API_KEY}' },
        models: Object.fromEntries(PROVIDERS.map(({ group, title }) => [group, { name: title }])),
      },
    },
    model: `sluice/${model}`,
    small_model: `sluice/${model}`,
    mcp: { harbour: { type: 'local', command: [process.execPath, HARBOUR] } },
  };
}

interface Line {
  readonly type: string;
  readonly error?: JsonObject;
  readonly part?: {
    readonly text?: string;
    readonly tool?: string;
    readonly state?: { readonly status: string; readonly error?: string };
    readonly tokens?: { readonly input: number; readonly cache: { readonly read: number; readonly write: number } };
  };
}

function toldBy(lines: readonly Line[]): Told {
  const tools = lines.flatMap(({ type, part }) => (type === 'tool_use' && part !== undefined ? [part] : []));
  const isDone = ({ state }: (typeof tools)[number]): boolean => state?.status === 'completed';
  const tokens = lines.findLast(({ type }) => type === 'step_finish')?.part?.tokens;
  return {
    result: lines.findLast(({ type }) => type === 'text')?.part?.text ?? '',
    calls: tools.filter(isDone).map(({ tool = '' }) => tool),
    errors: [
      ...lines.filter(({ type }) => type === 'error').map((line) => JSON.stringify(line.error)),
      ...tools.filter((part) => !isDone(part)).map(({ tool, state }) => `${tool}: ${state?.error}`),
    ],
    inputTokens: tokens === undefined ? 0 : tokens.input + tokens.cache.read + tokens.cache.write,
  };
}
