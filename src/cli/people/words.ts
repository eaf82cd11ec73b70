/** Every command as a list of the words that can follow it. */
import type { Command } from 'commander';
import { FLAGS } from '../flags.ts';
import { COMMANDS } from '../read-arguments.ts';

/** What can follow a command. */
export interface CommandWords {
  /** The command with those that it is part of: empty for `sluice` itself. */
  readonly path: readonly string[];
  readonly commands: readonly string[];
  readonly flags: readonly string[];
  /** Flags behind which a file stands. */
  readonly fileFlags: readonly string[];
}

/** Words of all commands, `sluice` itself first. */
export function wordsOf(program: Command): readonly CommandWords[] {
  const flags = Object.entries(FLAGS).map(([name, flag]) => ({
    name: `--${name}`,
    isFile: 'valueName' in flag && flag.valueName === 'FILE',
  }));
  const root: CommandWords = {
    path: [],
    commands: [...COMMANDS, ...program.commands.map((command) => command.name())],
    flags: flags.map(({ name }) => name),
    fileFlags: ['-c', ...flags.filter(({ isFile }) => isFile).map(({ name }) => name)],
  };
  const older = COMMANDS.map((name): CommandWords => ({ ...root, path: [name], commands: [] }));
  return [root, ...older, ...program.commands.flatMap((command) => below(command, []))];
}

function below(command: Command, parents: readonly string[]): readonly CommandWords[] {
  const path = [...parents, command.name()];
  const [first] = command.registeredArguments;
  const own: CommandWords = {
    path,
    commands: [...command.commands.map((each) => each.name()), ...(first?.argChoices ?? [])],
    flags: [...command.options.flatMap(({ long }) => long ?? []), '--help'],
    fileFlags: command.options
      .filter(({ flags }) => flags.includes('<file>'))
      .flatMap(({ long, short }) => [long, short].filter((flag) => flag !== undefined)),
  };
  return [own, ...command.commands.flatMap((each) => below(each, path))];
}
