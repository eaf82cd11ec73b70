import type { Finding } from '../config/finding.ts';
import type { GatewayConfig } from '../config/gateway-config.ts';
import { configFromEnvironment } from '../config/from-environment.ts';
import { loadConfig } from '../config/load.ts';
import { providers } from '../providers/index.ts';
import { demoConfigText } from './demo-config.ts';
import type { Arguments } from './read-arguments.ts';

/** Why the served configuration is what it is. */
export type Origin = 'files' | 'model' | 'environment' | 'demo';

/** A configuration that was read, with what was noticed on the way; no `config` where an error was found. */
export interface ServedConfig {
  readonly config?: GatewayConfig;
  readonly findings: readonly Finding[];
}

/** What a start serves: the files given, else the one model given, else what the environment's keys allow, else the demo. */
export function chooseOrigin(args: Arguments, env: NodeJS.ProcessEnv): Origin {
  if (args.command === 'demo') return 'demo';
  if (args.files.length > 0) return 'files';
  if (args.model !== undefined) return 'model';
  return configFromEnvironment({ env, knownProviders: providers }).deployments.length === 0 ? 'demo' : 'environment';
}

/** Reads the configuration of a start or a reload, the flags of the command line laid over it. */
export function readServedConfig(
  origin: Origin,
  args: Arguments,
  env: NodeJS.ProcessEnv,
  simulatorUrl: string,
): ServedConfig {
  const { config, findings } = readOrigin(origin, args, env, simulatorUrl);
  return config === undefined ? { findings } : { config: withFlags(config, args), findings };
}

function readOrigin(origin: Origin, args: Arguments, env: NodeJS.ProcessEnv, simulatorUrl: string): ServedConfig {
  const shared = { env, knownProviders: providers };
  switch (origin) {
    case 'files':
      return loadConfig({ ...shared, files: args.files });
    case 'model':
      return loadConfig({ ...shared, files: ['(--model)'], readFile: () => oneModelText(args) });
    case 'demo':
      return loadConfig({ ...shared, files: ['(demo)'], readFile: () => demoConfigText(simulatorUrl) });
    case 'environment':
      return { config: configFromEnvironment(shared), findings: [] };
  }
}

/** The configuration that `--model` and its companions stand for, as the text of a file. */
function oneModelText(args: Arguments): string {
  const params = { model: args.model, api_base: args.apiBase, api_version: args.apiVersion };
  return JSON.stringify({ model_list: [{ model_name: args.alias ?? args.model, litellm_params: params }] });
}

function withFlags(config: GatewayConfig, args: Arguments): GatewayConfig {
  return {
    ...config,
    server: { ...config.server, host: args.host ?? config.server.host, port: args.port ?? config.server.port },
    routing: { ...config.routing, timeoutMs: args.requestTimeoutMs ?? config.routing.timeoutMs },
    telemetry: { ...config.telemetry, logLevel: args.logLevel ?? config.telemetry.logLevel },
    dropParams: args.dropParams || config.dropParams,
  };
}
