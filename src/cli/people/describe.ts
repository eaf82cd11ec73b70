/** The commands as data, for pages about them. */
import type { Command } from 'commander';
import { makeProgram } from './program.ts';

/** One command that can be run. */
export interface DescribedCommand {
  /** `sluice keys make`. */
  readonly name: string;
  readonly usage: string;
  readonly about: string;
  readonly options: readonly (readonly [flags: string, about: string])[];
  readonly examples: readonly string[];
}

/** Every command for people with what its help says, groups before what is in them. */
export function describeCommands(): readonly DescribedCommand[] {
  const program = makeProgram({ env: {}, exit: () => undefined });
  return program.commands.flatMap((command) => describe(command, 'sluice'));
}

function describe(command: Command, before: string): readonly DescribedCommand[] {
  const name = `${before} ${command.name()}`;
  const own: DescribedCommand = {
    name,
    usage: `${name} ${command.usage().replace('[options]', '[flags]')}`,
    about: command.description(),
    options: command.options.map(({ flags, description }) => [flags, description] as const),
    examples: examplesIn(command),
  };
  return [own, ...command.commands.flatMap((each) => describe(each, name))];
}

/** The lines of examples at the end of a command's help. */
function examplesIn(command: Command): readonly string[] {
  let help = '';
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
  });
  command.outputHelp();
  const [, examples = ''] = help.split('\nExamples:\n');
  return examples.split('\n').filter((line) => line.trim() !== '');
}
