/** How Codex is run: without a person, with one small tool server, over the Responses API. */
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
  readonly effort?: string;
}

/** What Codex made of the answers. */
export interface Told {
  /** Its last words. */
  readonly result: string;
  readonly calls: readonly string[];
  /** The characters of thinking that it saw. */
  readonly thinking: number;
  /** What it reports as having gone wrong. */
  readonly errors: readonly string[];
  readonly inputTokens: number;
}

/** Asks one prompt and reads everything that Codex says. */
export async function askCodex(folder: string, house: House, sandbox: Sandbox, asked: Asked): Promise<Told> {
  sandbox.write('~/.codex/config.toml', configuration(house, asked.effort));
  const args = [join(folder, 'node_modules/@openai/codex/bin/codex.js'), 'exec'];
  args.push(...(asked.isNextTurn === true ? ['resume', '--last'] : []), '--json', '--skip-git-repo-check');
  args.push('--dangerously-bypass-approvals-and-sandbox', '-m', asked.model, asked.prompt);
  const { stdout, stderr, code } = await sandbox.run({
    command: process.execPath,
    args,
    env: { CODEX_HOME: join(sandbox.home, '.codex'), SLUICE_KEY: house.gateway.masterKey },
  });
  const lines = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as JsonObject);
  if (lines.length === 0) throw new Error(`Codex ended with ${code} and said nothing.\n${stdout}\n${stderr}`);
  return toldBy(lines);
}

function configuration(house: House, effort: string | undefined): string {
  return [
    'model_provider = "sluice"',
    ...(effort === undefined ? [] : [`model_reasoning_effort = "${effort}"`]),
    '[model_providers.sluice]',
    'name = "Sluice"',
    `base_url = "${house.gateway.url}/v1"`,
    'env_key = "SLUICE_KEY"',
    'wire_api = "responses"',
    '[mcp_servers.harbour]',
    `command = ${JSON.stringify(process.execPath)}`,
    `args = [${JSON.stringify(HARBOUR)}]`,
    '',
  ].join('\n');
}

interface Item {
  readonly type: string;
  readonly text?: string;
  readonly tool?: string;
  readonly message?: string;
}

function toldBy(lines: readonly JsonObject[]): Told {
  const items = lines.filter(({ type }) => type === 'item.completed').map(({ item }) => item as unknown as Item);
  const texts = items.flatMap(({ type, text }) => (type === 'agent_message' && text !== undefined ? [text] : []));
  const failures = lines.filter(({ type }) => type === 'error' || type === 'turn.failed');
  const usage = lines.find(({ type }) => type === 'turn.completed')?.usage as { input_tokens?: number } | undefined;
  return {
    result: texts.at(-1) ?? '',
    calls: items.flatMap(({ type, tool }) => (type === 'mcp_tool_call' && tool !== undefined ? [tool] : [])),
    thinking: items.reduce((sum, { type, text }) => sum + (type === 'reasoning' ? (text?.length ?? 0) : 0), 0),
    errors: failures.map((failure) => JSON.stringify(failure)),
    inputTokens: usage?.input_tokens ?? 0,
  };
}
