/** A gateway and a simulator in this process, for tests that go through the front door. */
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Simulator, SimulatorOptions } from '../../simulator/contract.ts';
import { startSimulator } from '../../simulator/start.ts';
import type { GatewayConfig } from '../../src/config/gateway-config.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Clock } from '../../src/core/clock.ts';
import { newCallId } from '../../src/core/ids.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { Feature } from '../../src/features/feature.ts';
import { FEATURES } from '../../src/features/index.ts';
import type { GatewayOptions } from '../../src/gateway/gateway.ts';
import { startGateway } from '../../src/gateway/start.ts';
import { providers } from '../../src/providers/index.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { DEFAULT_CONFIG, ONE_ATTEMPT } from './default-config.ts';

/** Secrets of the tests. None may ever come back to a client or stand in a log line. */
export const MASTER_KEY = 'sk-journey-master-key-4f1d9c';
export const PROVIDER_KEY = 'canary-provider-key-8b2e71';

/** How a gateway is set up for a test; everything has a default. */
export interface TestGatewayOptions {
  /** The text of a configuration file. `os.environ/SIMULATOR_URL` and `os.environ/PROVIDER_KEY` lead to the simulator. */
  readonly config?: string;
  /** Instead of a configuration: groups and the models behind them (`{ fast: 'openai/gpt-4o-mini' }`). */
  readonly models?: Readonly<Record<string, string>>;
  /** Instead of `drop_params` off, with `models`. */
  readonly dropParams?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly simulator?: SimulatorOptions;
  /** Other time limits for clients than the usual ones. */
  readonly limits?: GatewayOptions['limits'];
  /** Where its database and journal are; without one nothing outlives it. */
  readonly dataFolder?: string;
  /** A simulator of the test's own, which it also closes. */
  readonly sharedSimulator?: Simulator;
  readonly unsharedLimits?: boolean;
  /** Of the gateway and the simulator. */
  readonly clock?: Clock;
  /** Others than those that are delivered. */
  readonly features?: readonly Feature[];
}

/** A running gateway with its upstream. */
export interface TestGateway {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  readonly masterKey: string;
  readonly simulator: Simulator;
  /** Everything the log says so far, a line each. */
  logLines(): Promise<string[]>;
  /** The line of one request, by its call id; waits for the books to close. */
  requestLine(callId: string): Promise<JsonObject>;
  /** Takes over another configuration. */
  reload(config: string): void;
  /** Sends a request as it stands, under the master key unless headers say otherwise. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** Ends it; gives everything the log says in the end. */
  close(): Promise<string[]>;
}

const BOOKS_CLOSE_MS = 20_000;

/** Starts a simulator and a gateway in front of it, both on free ports. */
export async function startTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const simulator =
    options.sharedSimulator ??
    (await startSimulator({ ...(options.clock !== undefined && { clock: options.clock }), ...options.simulator }));
  const env = { SIMULATOR_URL: simulator.url, PROVIDER_KEY, TEST_MASTER_KEY: MASTER_KEY, ...options.env };
  const text = options.config ?? (options.models === undefined ? DEFAULT_CONFIG : configOf(options));
  const features = options.features ?? FEATURES;
  const config = read(text, env, features);
  const logPath = join(tmpdir(), `sluice-test-${newCallId(Date.now())}.log`);
  const logFile = openSync(logPath, 'a+');
  const log = createLogger(config.telemetry, { stdout: { fd: logFile } });
  const masterKey = config.server.masterKey ?? MASTER_KEY;
  const host = '127.0.0.1';
  const gateway = await startGateway({
    config,
    masterKey,
    host,
    port: 0,
    version: '0.0.0-test',
    env,
    log,
    features,
    ...(options.clock !== undefined && { clock: options.clock }),
    ...(options.limits !== undefined && { limits: options.limits }),
    ...(options.dataFolder !== undefined && { dataFolder: options.dataFolder }),
    ...(options.unsharedLimits !== undefined && { unsharedLimits: options.unsharedLimits }),
  });

  const readLog = (): string[] =>
    readFileSync(logPath, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  const logLines = async (): Promise<string[]> => {
    // Consumers of settled requests read from a queue, a turn later.
    await wait(5);
    await log.flush();
    return readLog();
  };
  return {
    url: gateway.url,
    port: gateway.port,
    masterKey,
    simulator,
    logLines,
    async requestLine(callId) {
      const deadline = Date.now() + BOOKS_CLOSE_MS;
      for (;;) {
        const line = (await logLines()).find((each) => each.includes(callId));
        if (line !== undefined) return JSON.parse(line) as JsonObject;
        if (Date.now() > deadline) throw new Error(`no log line for ${callId}`);
        await wait(20);
      }
    },
    reload: (next) => gateway.reload(read(next, env, features)),
    post: (path, body, headers) =>
      fetch(gateway.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(headers ?? { authorization: `Bearer ${masterKey}` }) },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    get: (path, headers) => fetch(gateway.url + path, { headers: headers ?? { authorization: `Bearer ${masterKey}` } }),
    async close() {
      await gateway.close();
      await log.close();
      if (options.sharedSimulator === undefined) await simulator.close();
      const lines = readLog();
      closeSync(logFile);
      rmSync(logPath);
      return lines;
    },
  };
}

function read(text: string, env: Readonly<Record<string, string>>, features: readonly Feature[]): GatewayConfig {
  const { config, findings } = loadConfig({
    files: ['config.yaml'],
    env,
    knownProviders: providers,
    features: features.flatMap(({ settings }) => settings ?? []),
    readFile: () => text,
  });
  if (config === undefined) throw new Error(`the configuration does not load: ${JSON.stringify(findings, null, 2)}`);
  return config;
}

function configOf({ models = {}, dropParams = false }: TestGatewayOptions): string {
  const modelList = Object.entries(models).map(([group, model]) => ({
    model_name: group,
    litellm_params: { model, api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' },
  }));
  return JSON.stringify({
    model_list: modelList,
    litellm_settings: { drop_params: dropParams },
    router_settings: ONE_ATTEMPT,
    general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
  });
}
