/** The commands for people, each with its help: what they do is loaded only when they run. */
import { Command, CommanderError } from 'commander';
import { UsageError } from '../read-arguments.ts';
import { writeError, writeOut } from '../terminal.ts';
import { addCompletion } from './completion-command.ts';
import { addExport } from './export-command.ts';
import { addImport } from './import-command.ts';
import { addReconcile } from './reconcile-command.ts';
import { addReplay } from './replay-command.ts';
import { addResources } from './resource-commands.ts';
import type { Runtime } from './runtime.ts';

/** Every command for people. */
export function makeProgram(runtime: Runtime): Command {
  const program = new Command('sluice')
    .helpCommand(false)
    .exitOverride()
    // `import` has flags of its own, and those of `import litellm` are not taken for them.
    .enablePositionalOptions()
    .showSuggestionAfterError(true)
    .configureOutput({ writeOut, writeErr: writeError, outputError: () => undefined });
  addResources(program, runtime);
  addExport(program, runtime);
  addImport(program, runtime);
  addReconcile(program, runtime);
  addReplay(program, runtime);
  addCompletion(program, runtime);
  for (const command of allOf(program)) {
    command.exitOverride().copyInheritedSettings(program);
  }
  return program;
}

function allOf(command: Command): readonly Command[] {
  return command.commands.flatMap((each) => [each, ...allOf(each)]);
}

/** Runs the command that the arguments begin with; resolves to its exit code. Throws a `UsageError`. */
export async function runProgram(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  let code = 0;
  const exit = (given: number): void => {
    code = given;
  };
  try {
    await makeProgram({ env, exit }).parseAsync(argv.map(withDashes), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    throw new UsageError(sentenceOf(error.message));
  }
  return code;
}

/** `--database_url` and `--database-url` are the same, as with all other flags. */
function withDashes(argument: string): string {
  if (!argument.startsWith('--')) return argument;
  const [name = '', ...rest] = argument.slice(2).split('=');
  return [`--${name.replaceAll('_', '-')}`, ...rest].join('=');
}

/** Commander's words as a sentence. */
function sentenceOf(message: string): string {
  const text = message
    .replace(/^error: /, '')
    .replaceAll("'", '')
    .trim();
  const sentence =
    text.charAt(0).toUpperCase() + text.slice(1).replace(/\n\(Did you mean (.*)\?\)/, '. Did you mean $1?');
  return /[.?!]$/.test(sentence) ? sentence : `${sentence}.`;
}
