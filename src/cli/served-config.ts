import type { Finding } from '../config/finding.ts';
import type { GatewayConfig } from '../config/gateway-config.ts';
import {
  isKnownMasterKey,
  isLoopback,
  KNOWN_MASTER_KEY,
  REACHABLE,
  STRONGER_MASTER_KEY,
} from '../config/known-master-key.ts';
import { configFromEnvironment, loadConfig } from '../config/load.ts';
import { servedTls, servedTlsProblem } from '../config/served-tls.ts';
import { systemClock } from '../core/clock.ts';
import { defined } from '../core/defined.ts';
import type { JsonObject } from '../core/json.ts';
import { priceModel } from '../costs/prices.ts';
import { FEATURE_SETTINGS } from '../features/index.ts';
import { findProvider, providers } from '../providers/index.ts';
import { demoConfigText } from './demo-config.ts';
import { knownMasterKey } from './master-key.ts';
import type { Arguments } from './read-arguments.ts';

/** Why the served configuration is what it is. */
export type Origin = 'files' | 'model' | 'environment' | 'demo';

/** A configuration that was read, with what was noticed on the way; no `config` where an error was found. */
export interface ServedConfig {
  readonly config?: GatewayConfig;
  readonly findings: readonly Finding[];
  /** Every file that took part, missing ones too: what to watch. */
  readonly files: readonly string[];
}

/** What a start serves: the files given, else the one model given, else what the environment's keys allow, else the demo. */
export function chooseOrigin(args: Arguments, env: NodeJS.ProcessEnv): Origin {
  if (args.command === 'demo') return 'demo';
  if (args.files.length > 0) return 'files';
  if (args.model !== undefined) return 'model';
  return configFromEnvironment({ env, knownProviders: providers, features: FEATURE_SETTINGS }) === undefined
    ? 'demo'
    : 'environment';
}

/** Reads the configuration of a start or a reload, the flags of the command line laid over it. */
export function readServedConfig(
  origin: Origin,
  args: Arguments,
  env: NodeJS.ProcessEnv,
  simulatorUrl: string,
): ServedConfig {
  // A flag and a variable may name one file each.
  const variables = defined({ SSL_CERTFILE_PATH: args.certificateFile, SSL_KEYFILE_PATH: args.keyFile });
  const read = readOrigin(origin, args, { ...env, ...variables }, simulatorUrl);
  // What is not read from files has none to watch.
  const files = origin === 'files' ? read.files : [];
  if (read.config === undefined) return { findings: read.findings, files };
  const config = withFlags(read.config, args);
  const fault = exposedKey(config, env) ?? unservedCertificate(config, args);
  if (fault !== undefined) return { findings: [...read.findings, fault], files };
  return { config, findings: read.findings, files };
}

/** An example key and an open address may come from the file, the environment or a flag each: they are checked together. */
function exposedKey({ server }: GatewayConfig, env: NodeJS.ProcessEnv): Finding | undefined {
  const key = knownMasterKey(server.masterKey, env);
  if (key === undefined || !isKnownMasterKey(key) || isLoopback(server.host)) return undefined;
  const message = `${KNOWN_MASTER_KEY} and ${REACHABLE} (${server.host}); ${STRONGER_MASTER_KEY}, or listen on 127.0.0.1`;
  return { severity: 'error', code: 'weak-master-key', message, file: '', line: 0, column: 0 };
}

/** What flags name instead of the file's was not checked with it. */
function unservedCertificate({ servedTls }: GatewayConfig, args: Arguments): Finding | undefined {
  const isGiven = [args.certificateFile, args.keyFile, args.ciphers].some((flag) => flag !== undefined);
  const message =
    servedTls !== undefined
      ? servedTlsProblem(servedTls)
      : '--ciphers needs --ssl_certfile_path, the certificate to serve HTTPS with';
  if (!isGiven || message === undefined) return undefined;
  return { severity: 'error', code: 'unreadable-file', message, file: '', line: 0, column: 0 };
}

/** The certificate to serve, with what flags say; a certificate of a flag does not go with the key of a file. */
function withTlsFlags(
  config: GatewayConfig['servedTls'],
  { certificateFile = config?.certificateFile, ...args }: Arguments,
): GatewayConfig['servedTls'] {
  if (certificateFile === undefined) return undefined;
  const keyFile = certificateFile === config?.certificateFile ? config.keyFile : undefined;
  const { keyPassword, ciphers } = config ?? {};
  return servedTls(certificateFile, args.keyFile ?? keyFile, { keyPassword, ciphers: args.ciphers ?? ciphers });
}

function readOrigin(origin: Origin, args: Arguments, env: NodeJS.ProcessEnv, simulatorUrl: string): ServedConfig {
  const { isStrict } = args;
  const shared = { env, knownProviders: providers, features: FEATURE_SETTINGS, priceKnown, isStrict };
  switch (origin) {
    case 'files':
      return loadConfig({ ...shared, files: args.files });
    case 'model':
      return loadConfig({ ...shared, files: ['(--model)'], readFile: () => oneModelText(args) });
    case 'demo': {
      // Its warnings (a key in plain text, say) would be about our own text, not about anything the operator wrote.
      const { config, ...rest } = loadConfig({
        ...shared,
        files: ['(demo)'],
        readFile: () => demoConfigText(simulatorUrl),
      });
      if (config === undefined) return rest;
      // The simulator is in this process: no proxy of the environment reaches it.
      const { proxies: _, ...direct } = config;
      return { config: direct, files: [], findings: [] };
    }
    case 'environment': {
      const config = configFromEnvironment(shared);
      return { findings: [], files: [], ...(config === undefined ? {} : { config }) };
    }
  }
}

/** Whether an answer of this model can be priced today. */
function priceKnown(
  providerName: string,
  model: string,
  modelInfo: JsonObject,
  prices: GatewayConfig['budgets']['prices'],
): boolean {
  const { name = providerName, priceProvider } = findProvider(providerName) ?? {};
  const query = { provider: name, model, modelInfo, priceFile: prices, ...defined({ priceProvider }) };
  return priceModel(query).ratesAt(systemClock.nowMs()) !== undefined;
}

/** The configuration that `--model` and its companions stand for, as the text of a file. */
function oneModelText(args: Arguments): string {
  const params = { model: args.model, api_base: args.apiBase, api_version: args.apiVersion };
  return JSON.stringify({ model_list: [{ model_name: args.alias ?? args.model, litellm_params: params }] });
}

function withFlags(config: GatewayConfig, args: Arguments): GatewayConfig {
  return {
    ...config,
    ...defined({ servedTls: withTlsFlags(config.servedTls, args) }),
    server: {
      ...config.server,
      host: args.host ?? config.server.host,
      port: args.port ?? config.server.port,
      ...defined({ drainDelayMs: args.drainDelayMs ?? config.server.drainDelayMs }),
    },
    routing: { ...config.routing, timeoutMs: args.requestTimeoutMs ?? config.routing.timeoutMs },
    telemetry: { ...config.telemetry, logLevel: args.logLevel ?? config.telemetry.logLevel },
    ...(args.dropParams && { dropParams: true }),
  };
}
