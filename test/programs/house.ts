/** The gateway that programs talk to, with all providers behind it, and the closed network around them. */
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { type ClosedNetwork, closeNetwork } from './closed-network.ts';
import { PROVIDERS } from './programs.ts';
import { Sandbox } from './sandbox.ts';

/** What one test file needs. */
export interface House {
  readonly gateway: TestGateway;
  readonly network: ClosedNetwork;
  /** Runs with a fresh home, which is removed afterwards. */
  withSandbox<T>(run: (sandbox: Sandbox) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Names under which people offer Claude; the second part is what the provider calls the model. */
export const CLAUDE_ALIASES: Readonly<Record<string, string>> = {
  'claude-haiku-4-5': 'anthropic/claude-haiku-4-5-20251001',
  'prod-claude-sonnet-4-5': 'anthropic/claude-sonnet-4-5-20250929',
  'team-sonnet': 'anthropic/claude-sonnet-4-5',
  'claude-sonnet-4-5': 'anthropic/claude-sonnet-4-5',
};

/** Groups that refuse, named after a provider's group: `house-gpt-too-long`. */
const REFUSALS = { 'too-long': 'context-length' } as const;

/** Starts a gateway with the defaults that ship; programs must need no setting of their own. */
export async function openHouse(): Promise<House> {
  const models: Record<string, string> = { ...CLAUDE_ALIASES };
  for (const { group, model } of PROVIDERS) {
    models[group] = model;
    for (const [name, fault] of Object.entries(REFUSALS)) models[`${group}-${name}`] = `${model}+fault-${fault}`;
  }
  const gateway = await startTestGateway({
    config: JSON.stringify({
      model_list: Object.entries(models).map(([group, model]) => ({
        model_name: group,
        litellm_params: { model, api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' },
      })),
      general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
    }),
  });
  const network = await closeNetwork();
  return {
    gateway,
    network,
    async withSandbox(run) {
      const sandbox = new Sandbox(network);
      try {
        return await run(sandbox);
      } finally {
        sandbox.remove();
      }
    },
    async close() {
      await network.close();
      await gateway.close();
    },
  };
}
