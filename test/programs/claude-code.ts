/** How Claude Code is run: in print mode, with its whole set of tools and one small tool server. */
import { join } from 'node:path';
import type { JsonObject } from '../../src/core/json.ts';
import type { House } from './house.ts';
import type { Sandbox } from './sandbox.ts';

const HARBOUR = join(import.meta.dirname, 'harbour-server.mjs');

/** How one prompt is asked. */
export interface Asked {
  readonly prompt: string;
  readonly model: string;
  /** Continues the last conversation of this sandbox. */
  readonly isNextTurn?: boolean;
  readonly thinks?: boolean;
  readonly effort?: string;
  /** Most tools are held back until the model searches for them. */
  readonly searchesTools?: boolean;
}

/** What Claude Code made of the answers. */
export interface Told {
  readonly result: string;
  readonly isError: boolean;
  readonly turns: number;
  /** The texts of the stream's pieces, as they came. */
  readonly pieces: readonly string[];
  /** The names of models that the answers carried. */
  readonly models: readonly string[];
  /** The tools that were called. */
  readonly calls: readonly string[];
  /** The characters of thinking that it saw. */
  readonly thinking: number;
}

/** Asks one prompt and reads everything that Claude Code says. */
export async function askClaudeCode(folder: string, house: House, sandbox: Sandbox, asked: Asked): Promise<Told> {
  const servers = { harbour: { command: process.execPath, args: [HARBOUR] } };
  const args = ['--print', asked.prompt, '--model', asked.model, '--output-format', 'stream-json', '--verbose'];
  args.push('--include-partial-messages', '--allowedTools', 'mcp__harbour__tide_table');
  args.push('--mcp-config', JSON.stringify({ mcpServers: servers }));
  if (asked.isNextTurn === true) args.push('--continue');
  if (asked.effort !== undefined) args.push('--effort', asked.effort);
  const { stdout, stderr, code } = await sandbox.run({
    command: process.execPath,
    // Without install scripts the package starts through its wrapper.
    args: [join(folder, 'node_modules/@anthropic-ai/claude-code/cli-wrapper.cjs'), ...args],
    env: {
      ANTHROPIC_BASE_URL: house.gateway.url,
      ANTHROPIC_AUTH_TOKEN: house.gateway.masterKey,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      ENABLE_TOOL_SEARCH: String(asked.searchesTools === true),
      ...(asked.thinks === true && { MAX_THINKING_TOKENS: '8000' }),
    },
  });
  const lines = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as JsonObject);
  const end = lines.find(({ type }) => type === 'result');
  if (end === undefined) throw new Error(`Claude Code ended with ${code} and without a result.\n${stdout}\n${stderr}`);
  return {
    ...streamed(lines),
    result: String(end.result),
    isError: end.is_error === true,
    turns: Number(end.num_turns),
  };
}

interface StreamEvent {
  readonly type: string;
  readonly message?: { readonly model: string };
  readonly content_block?: { readonly type: string; readonly name?: string };
  readonly delta?: { readonly text?: string; readonly thinking?: string };
}

function streamed(lines: readonly JsonObject[]): Pick<Told, 'pieces' | 'models' | 'calls' | 'thinking'> {
  const events = lines
    .filter(({ type }) => type === 'stream_event')
    .map(({ event }) => event as unknown as StreamEvent);
  const pieces = events.flatMap(({ delta }) => (delta?.text === undefined ? [] : [delta.text]));
  const models = events.flatMap(({ message }) => (message === undefined ? [] : [message.model]));
  const calls = events.flatMap(({ content_block: block }) => (block?.name === undefined ? [] : [block.name]));
  const thinking = events.reduce((sum, { delta }) => sum + (delta?.thinking?.length ?? 0), 0);
  return { pieces, models, calls, thinking };
}
