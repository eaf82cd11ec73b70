import type { GatewayConfig } from '../config/gateway-config.ts';
import { exampleModelOf } from './demo-config.ts';
import type { MasterKey } from './master-key.ts';

/** Everything the words of a start depend on. */
export interface BannerFacts {
  readonly version: string;
  readonly host: string;
  readonly port: number;
  readonly config: GatewayConfig;
  readonly origin: 'files' | 'model' | 'environment' | 'demo';
  readonly key: MasterKey;
  readonly env: NodeJS.ProcessEnv;
  readonly isTerminal: boolean;
}

/**
 * What a start says, in plain text for standard error (standard output is the log's): the address, what is served, the key
 * where it may be shown, and a curl line that works when pasted.
 */
export function bannerText(facts: BannerFacts): string {
  const { key } = facts;
  const lines = [
    `Sluice ${facts.version} listens on ${addressOf(facts.host, facts.port, facts.config.servedTls !== undefined)}`,
    whatIsServed(facts),
  ];
  if (key.from === 'file' && maySayKey(facts)) {
    lines.push(`Master key: ${key.key} (${key.isNew ? 'made now, ' : ''}kept in ${key.path})`);
  }
  lines.push('Try it:', `  ${curlLine(facts)}`, '');
  return `${lines.join('\n')}\n`;
}

/** The address to reach a listener at from the same machine. */
export function addressOf(host: string, port: number, isTls = false): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${isTls ? 'https' : 'http'}://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

/** A key in a log that outlives the start is an exposed key: it is shown on a terminal, and once when it is made. */
function maySayKey({ key, isTerminal }: BannerFacts): boolean {
  return key.from === 'file' && (isTerminal || key.isNew);
}

function whatIsServed({ config, origin }: BannerFacts): string {
  const all = [...new Set(config.deployments.map(({ group }) => group))];
  // Of a provider served whole, its prefix says it; the names it is known for come on top.
  const groups = origin === 'environment' ? all.filter((group) => group.includes('/')) : all;
  const shown =
    groups.length > 8 ? `${groups.slice(0, 8).join(', ')} and ${groups.length - 8} more` : groups.join(', ');
  switch (origin) {
    case 'demo':
      return `No provider is called: these models are simulated, their answers are made up and cost nothing: ${shown}`;
    case 'environment':
      return `Serving what the provider keys in the environment allow: ${shown}`;
    case 'model':
      return `Serving ${shown}`;
    case 'files':
      return `Serving ${config.files.join(' + ')}: ${shown === '' ? 'no model yet' : shown}`;
  }
}

function curlLine(facts: BannerFacts): string {
  const { servedTls } = facts.config;
  const base = addressOf(facts.host, facts.port, servedTls !== undefined);
  const authorization = `-H "Authorization: Bearer ${keyInShell(facts)}"`;
  const model = exampleModel(facts);
  if (model === undefined) return `curl ${base}/v1/models ${authorization}`;
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello!' }] });
  return `curl ${base}/v1/chat/completions ${authorization} -H "Content-Type: application/json" -d ${singleQuoted(body)}`;
}

/** A model to ask for: a group named in full that does more than embed, or a well-known model of a provider served whole. */
function exampleModel({ config, origin }: BannerFacts): string | undefined {
  if (origin === 'environment') {
    return config.deployments.map(({ provider }) => exampleModelOf(provider)).find((model) => model !== undefined);
  }
  return config.deployments
    .map(({ group }) => group)
    .find((group) => !group.includes('*') && !/embed|rerank|moderation|whisper|tts|dall-e|image/i.test(group));
}

/** The key inside double quotes in a shell: itself where it may be shown, otherwise where the shell can find it. */
function keyInShell(facts: BannerFacts): string {
  const { key, env } = facts;
  if (maySayKey(facts)) return key.key;
  if (key.from === 'file') return `$(cat ${singleQuoted(key.path)})`;
  if (key.from === 'environment') return `$${key.variable}`;
  const variable = Object.keys(env).find((name) => /^[A-Za-z_]\w*$/.test(name) && env[name] === key.key);
  return variable === undefined ? 'YOUR_MASTER_KEY' : `$${variable}`;
}

function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
