import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ANSWER_TOKENS, MODELS, modelName } from '../scenarios.ts';
import {
  CACHE_FOLDER,
  freePort,
  ROOT_FOLDER,
  stopProcess,
  type Target,
  TargetMissing,
  type TargetSetting,
  untilListening,
} from './target.ts';

const KEY = 'sk-bench-tenant';
/** The key of a tenant whose requests are claimed: two budgets, limits of requests, tokens and requests under way. */
export const LIMITED_KEY = 'sk-bench-limited';

/** Sluice from this checkout with everything on that a request pays for: key, prices, metrics, one log line per request. */
export function startSluice(setting: TargetSetting): Promise<Target> {
  return startCheckout('sluice', ROOT_FOLDER, setting);
}

/** The Sluice of another checkout, configured in the same way. */
export function startOther(setting: TargetSetting): Promise<Target> {
  return startCheckout('other', setting.against ?? ROOT_FOLDER, setting);
}

async function startCheckout(
  name: string,
  root: string,
  { upstreamPort, folder, isProfiled, litellmSettings }: TargetSetting,
): Promise<Target> {
  const program = ['bin/sluice.js', 'bin/sluice.cjs'].map((path) => join(root, path)).find(existsSync);
  if (program === undefined) throw new TargetMissing(`${root} has no bin/sluice.cjs`);
  const port = await freePort();
  const home = join(folder, name);
  mkdirSync(home, { recursive: true });
  const config = join(home, 'config.yaml');
  writeFileSync(config, configuration(upstreamPort, litellmSettings));
  const log = openSync(join(home, 'access.log'), 'w');
  const profile = join(CACHE_FOLDER, 'profile');
  const flags = isProfiled ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [];
  const child = spawn(process.execPath, [...flags, program, 'serve', '--config', config, '--port', String(port)], {
    cwd: home,
    stdio: ['ignore', log, 'pipe'],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      SLUICE_DATA_DIR: join(home, 'data'),
      BENCH_UPSTREAM_KEY: 'upstream-key',
      BENCH_MASTER_KEY: 'sk-bench-master',
      BENCH_TENANT_KEY: KEY,
      BENCH_LIMITED_KEY: LIMITED_KEY,
    },
  });
  closeSync(log);
  await untilListening(child, port, name);
  return {
    name,
    pid: child.pid,
    route: (lane) => ({
      port,
      path: '/v1/chat/completions',
      headers: { authorization: `Bearer ${KEY}` },
      model: (model) => (lane === 'relay' ? model : `claude-${model}`),
    }),
    stop: () => stopProcess(child),
  };
}

function configuration(upstreamPort: number, litellmSettings = ''): string {
  const deployment = (group: string, provider: string, model: string, base: string) => `
  - model_name: ${group}
    litellm_params:
      model: ${provider}/${model}
      api_base: ${base}
      api_key: os.environ/BENCH_UPSTREAM_KEY
    model_info:
      input_cost_per_token: 0.00000015
      output_cost_per_token: 0.0000006`;
  const root = `http://127.0.0.1:${upstreamPort}`;
  return `model_list:${MODELS.map((model) => deployment(model, 'openai', model, `${root}/v1`)).join('')}${MODELS.map(
    (model) => deployment(`claude-${model}`, 'anthropic', model, root),
  ).join('')}
litellm_settings:
  log_level: info
  log_format: json${litellmSettings === '' ? '' : `\n  ${litellmSettings}`}
general_settings:
  master_key: os.environ/BENCH_MASTER_KEY
  enable_prometheus_metrics: true
  host: 127.0.0.1
user_api_key_list:
  - api_key: os.environ/BENCH_TENANT_KEY
    user_id: bench
  - api_key: os.environ/BENCH_LIMITED_KEY
    user_id: limited
    max_budget: 1000000
    budget_duration: 30d
    rpm_limit: 1000000000
    tpm_limit: 1000000000000
    max_parallel_requests: 100000
    model_max_budget: { ${modelName(ANSWER_TOKENS)}: { budget_limit: 1000000, time_period: 30d } }
    model_rpm_limit: { ${modelName(ANSWER_TOKENS)}: 1000000000 }
`;
}
