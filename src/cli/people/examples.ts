import type { Command } from 'commander';

/** Examples below a command's help: what is typed, and what it does. */
export function withExamples(command: Command, examples: readonly (readonly [typed: string, does: string])[]): Command {
  const lines = examples.map(([typed, does]) => `  ${typed}\n      ${does}`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}
