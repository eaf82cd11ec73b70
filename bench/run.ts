/**
 * `npm run bench`: direct, a bare relay, Nginx, Sluice and Portkey side by side on this machine, interleaved, as ratios to the bare relay.
 * docs/guides/benchmark.md says what each number means. All load stays on the loopback interface.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { printAnswerCache } from './answer-cache.ts';
import { printChaos } from './chaos.ts';
import { printClaims } from './claims.ts';
import { printCrash } from './crash.ts';
import { printGuard } from './guard.ts';
import { LoadGenerator, startScript } from './load-generator.ts';
import { Measurement, selectedRows } from './measure.ts';
import { printMemory } from './memory.ts';
import { type BenchOptions, HELP, readOptions } from './options.ts';
import { printPromptCache } from './prompt-cache.ts';
import { printReplay } from './replay.ts';
import { report } from './report.ts';
import { Samples } from './samples.ts';
import { printSavings } from './savings.ts';
import { printSemantic } from './semantic.ts';
import { printSessions } from './sessions.ts';
import { printStorm } from './storm.ts';
import { startBare } from './targets/bare.ts';
import { startDirect } from './targets/direct.ts';
import { startNginx } from './targets/nginx.ts';
import { startPortkey } from './targets/portkey.ts';
import { startOther, startSluice } from './targets/sluice.ts';
import { freePort, stopProcess, type Target, TargetMissing, type TargetSetting } from './targets/target.ts';

const STARTERS: Readonly<Record<string, (setting: TargetSetting) => Promise<Target>>> = {
  bare: startBare,
  nginx: startNginx,
  sluice: startSluice,
  portkey: startPortkey,
};

async function bench(options: BenchOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const stops: (() => Promise<void> | void)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const stopAll = async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  // Interrupted, it still leaves no process behind.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stopAll().then(() => process.exit(130)));
  try {
    const upstreamPort = await freePort();
    const upstream = await startScript('upstream.ts', String(upstreamPort));
    stops.push(() => stopProcess(upstream));
    const load = await LoadGenerator.start();
    stops.push(() => load.stop());

    const setting: TargetSetting = { upstreamPort, folder, isProfiled: options.isProfiled, against: options.against };
    const direct = await startDirect(setting);
    const targets: Target[] = [];
    const skipped = new Map<string, string>();
    const wanted = options.against === undefined ? options.targets : [...options.targets, 'other'];
    for (const name of wanted) {
      const start = name === 'other' ? startOther : STARTERS[name];
      if (start === undefined)
        throw new Error(`no target is called ${name}; there are ${Object.keys(STARTERS).join(', ')}`);
      try {
        const target = await start(setting);
        targets.push(target);
        stops.push(target.stop);
      } catch (error) {
        if (!(error instanceof TargetMissing)) throw error;
        skipped.set(name, error.message);
      }
    }
    if (targets.length === 0) throw new Error(`no target could be started: ${[...skipped.values()].join('; ')}`);

    const samples = new Samples();
    const measurement = new Measurement(options, load, direct, targets, samples);
    await measurement.run((text) => process.stderr.write(`${text}\n`));
    await stopAll();

    const { scenarios, chunkLanes } = selectedRows(options);
    const { failures } = measurement;
    const names = targets.map(({ name }) => name);
    process.stdout.write(`\n${machine()}, interleaved rounds: ${options.rounds}\n\n`);
    process.stdout.write(report({ samples, scenarios, chunkLanes, targets: names, skipped, failures }));
    // Goals depend on how quiet the machine is; that Sluice runs and answers does not.
    const isBroken =
      skipped.has('sluice') || skipped.has('other') || [...failures.keys()].some((cell) => cell.startsWith('sluice'));
    if (isBroken) process.exitCode = 1;
    if (options.jsonFile !== undefined) {
      const content = { machine: machine(), options, samples, skipped: [...skipped], failures: [...failures] };
      writeFileSync(options.jsonFile, `${JSON.stringify(content, null, 2)}\n`);
    }
  } finally {
    await stopAll();
  }
}

function machine(): string {
  return `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, Node ${process.version}, ${process.platform}`;
}

const options = readOptions(process.argv.slice(2));
if (options === 'help') process.stdout.write(HELP);
else if (options.only.join() === 'storm') await printStorm();
else if (options.only.join() === 'replay') await printReplay();
else if (options.only.join() === 'guard') printGuard();
else if (options.only.join() === 'semantic') await printSemantic();
else if (options.only.join() === 'prompt-cache') await printPromptCache(options.isQuick);
else if (options.only.join() === 'sessions') await printSessions();
else if (options.only.join() === 'savings') await printSavings();
else if (options.only.join() === 'crash') await printCrash(options.rounds);
else if (options.only.join() === 'chaos') await printChaos(options.minutes);
else if (options.only.join() === 'memory') await printMemory(options.requests, options.minutes);
else if (options.only.join() === 'answer-cache') await printAnswerCache(options.rounds);
else if (options.only.join() === 'claims') await printClaims(options.rounds);
else await bench(options);
