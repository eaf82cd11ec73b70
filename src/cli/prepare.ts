import type { Simulator } from '../../simulator/contract.ts';
import { renderFindings } from '../config/finding.ts';
import type { GatewayConfig } from '../config/gateway-config.ts';
import { findMasterKey, type MasterKey } from './master-key.ts';
import type { Arguments } from './read-arguments.ts';
import { chooseOrigin, type Origin, readServedConfig, type ServedConfig } from './served-config.ts';
import { writeError } from './terminal.ts';

/** A start that has been thought through: nothing listens yet but, for the demo, the simulator. */
export interface Prepared {
  readonly origin: Origin;
  readonly config: GatewayConfig;
  readonly key: MasterKey;
  /** Where the simulator answers; empty where nothing is simulated. */
  readonly simulatorUrl: string;
  /** The files to watch. */
  readonly files: readonly string[];
  readonly read: () => ServedConfig;
  /** Ends what already runs, for a start that fails after all. */
  readonly abandon: () => Promise<void>;
}

/** Reads the configuration and the key. Says every finding on standard error; undefined where one of them stops the start. */
export async function prepare(args: Arguments, env: NodeJS.ProcessEnv): Promise<Prepared | undefined> {
  for (const note of args.notes) writeError(`${note}\n`);
  const origin = chooseOrigin(args, env);
  const simulator = origin === 'demo' ? await simulate() : undefined;
  const simulatorUrl = simulator?.url ?? '';
  const read = (): ServedConfig => readServedConfig(origin, args, env, simulatorUrl);

  const { config, findings, files } = read();
  process.stderr.write(renderFindings(findings, { color: process.stderr.isTTY === true }));
  const abandon = async (): Promise<void> => simulator?.close();
  if (config === undefined) {
    await abandon();
    return undefined;
  }
  return { origin, config, key: findMasterKey(config.server.masterKey, env), simulatorUrl, files, read, abandon };
}

/** Loaded for the demo alone: it takes memory that a gateway should not need. */
async function simulate(): Promise<Simulator> {
  const [{ startSimulator }, { REALISTIC_LATENCY }] = await Promise.all([
    import('../../simulator/start.ts'),
    import('../../simulator/contract.ts'),
  ]);
  return startSimulator({ latency: REALISTIC_LATENCY });
}
