import cluster from 'node:cluster';
import { PROGRAM_COMMANDS } from './cli/people/command-names.ts';
import { type Arguments, readArguments, UsageError } from './cli/read-arguments.ts';
import { withSecretFiles } from './cli/secret-files.ts';
import { readServedFacts } from './cli/served-facts.ts';
import { ignoreClosedOutputs } from './cli/signals.ts';
import { writeError } from './cli/terminal.ts';

/** The process: reads the command line, runs the command, sets the exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  ignoreClosedOutputs();
  // Node.js ends with 0 when nothing is left to wait for, whatever a promise still wants.
  process.once('beforeExit', sayUnfinished);
  try {
    const environment = withSecretFiles(process.env);
    if (!cluster.isWorker && PROGRAM_COMMANDS.includes(argv[0] ?? '')) {
      const { runProgram } = await import('./cli/people/program.ts');
      process.exitCode = await runProgram(argv, environment);
      return;
    }
    const args = readArguments(argv, environment);
    if (cluster.isWorker) {
      const { runWorker } = await import('./cli/worker.ts');
      runWorker(args, environment);
      return;
    }
    const code = await run(args, environment);
    if (code !== undefined) process.exitCode = code;
  } catch (error) {
    const isUsage = error instanceof UsageError;
    const message = error instanceof Error ? error.message : String(error);
    writeError(isUsage ? `${message} See sluice --help.\n` : `${message}\n`);
    process.exitCode = isUsage ? 2 : 1;
  } finally {
    process.off('beforeExit', sayUnfinished);
  }
}

function sayUnfinished(): void {
  process.stderr.write(
    'The gateway ended before it was serving, because nothing was left that it waited for. This is a fault of Sluice; please report it.\n',
  );
  process.exitCode = 1;
}

/** Runs a command, loading only what it needs. Undefined means that it goes on, as a server does. */
async function run(args: Arguments, env: NodeJS.ProcessEnv): Promise<number | undefined> {
  switch (args.command) {
    case 'serve':
    case 'demo': {
      const { serve } = await import('./cli/serve.ts');
      return serve(args, env);
    }
    case 'check': {
      const { check } = await import('./cli/check.ts');
      return check(args, env);
    }
    case 'route': {
      if (args.callId !== undefined) {
        const { routeOfRunning } = await import('./cli/ask-running.ts');
        return routeOfRunning(args, args.callId, env, await readServedFacts(args, env));
      }
      const { route } = await import('./cli/route.ts');
      return route(args, env);
    }
    case 'spend': {
      const { spend } = await import('./cli/spend.ts');
      return spend(args, env, await readServedFacts(args, env));
    }
    case 'savings': {
      const { savings } = await import('./cli/savings.ts');
      return savings(args, env, await readServedFacts(args, env));
    }
    case 'calibrate': {
      const { calibrateRouter } = await import('./cli/choosing/calibrate.ts');
      return calibrateRouter(args);
    }
    case 'try': {
      if (args.guard !== undefined) {
        const { tryGuard } = await import('./cli/trying/try-guard.ts');
        return tryGuard(args, args.guard, env);
      }
      if (args.triesCompression) {
        const { tryCompress } = await import('./cli/trying/try-compress.ts');
        return tryCompress(args);
      }
      if (args.tried === 'route') {
        const { tryRoute } = await import('./cli/trying/try-route.ts');
        return tryRoute(args);
      }
      const { tryCache } = await import('./cli/trying/try-cache.ts');
      return tryCache(args, env);
    }
    case 'predict': {
      const { predictCache } = await import('./cli/predict-cache.ts');
      return predictCache(args, env, await readServedFacts(args, env));
    }
    case 'report': {
      const { reportCache } = await import('./cli/report-cache.ts');
      return reportCache(args, env, await readServedFacts(args, env));
    }
    case 'test': {
      const { testRunning } = await import('./cli/ask-running.ts');
      return testRunning(args, env, await readServedFacts(args, env));
    }
    case 'health': {
      const { healthOfRunning } = await import('./cli/ask-running.ts');
      return healthOfRunning(args, env, await readServedFacts(args, env));
    }
    case 'version': {
      const { packageVersion } = await import('./cli/version.ts');
      process.stdout.write(`${packageVersion()}\n`);
      return 0;
    }
    case 'help': {
      const { helpText } = await import('./cli/help.ts');
      process.stdout.write(helpText());
      return 0;
    }
  }
}
