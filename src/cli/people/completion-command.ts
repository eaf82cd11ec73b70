import { Argument, type Command } from 'commander';
import { writeError } from '../terminal.ts';
import { completionFor, SHELLS } from './completion.ts';
import { withExamples } from './examples.ts';
import type { Runtime } from './runtime.ts';
import { wordsOf } from './words.ts';

/** `sluice completion SHELL`: prints a script that completes commands and flags. */
export function addCompletion(program: Command, { exit }: Runtime): void {
  const command = program
    .command('completion')
    .description('Print a script that lets a shell complete commands and flags.')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action((shell: string) => {
      const script = completionFor(shell, wordsOf(program));
      if (script === undefined) writeError(`There is no completion for ${shell}.\n`);
      // Not by writeOut: its escapes belong to the script.
      else process.stdout.write(script);
      exit(script === undefined ? 2 : 0);
    });
  withExamples(command, [
    ['source <(sluice completion bash)', 'Complete in this shell; put it into ~/.bashrc for all.'],
    ['source <(sluice completion zsh)', 'The same for zsh, behind compinit in ~/.zshrc.'],
    ['sluice completion fish > ~/.config/fish/completions/sluice.fish', 'The same for fish.'],
  ]);
}
