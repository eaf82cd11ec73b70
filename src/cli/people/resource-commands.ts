/** `sluice keys …`, `sluice teams …` and so on. */
import type { Command } from 'commander';
import { withExamples } from './examples.ts';
import { RESOURCES, type Resource } from './resources.ts';
import type { Runtime } from './runtime.ts';
import type { Verb } from './verbs.ts';

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Adds the commands of every kind. */
export function addResources(program: Command, runtime: Runtime): void {
  for (const resource of RESOURCES) addResource(program, resource, runtime);
}

function addResource(program: Command, resource: Resource, { env, exit }: Runtime): void {
  const { name, one, argument, about } = resource;
  const group = program.command(name).helpCommand(false).description(`Manage ${name} of the running gateway. ${about}`);
  const add = (verb: Verb, does: string, takes: readonly string[] = []): Command => {
    const command = group.command([verb, ...takes].join(' ')).description(does);
    withPlace(command).action(async (...given: unknown[]) => {
      const words = given
        .slice(0, takes.length)
        .flat()
        .filter((word) => typeof word === 'string');
      const { runVerb } = await import('./run-verb.ts');
      exit(await runVerb(resource, verb, words, command.opts(), env));
    });
    return command;
  };

  add('list', `List ${name}.`).option('--limit <n>', 'how many at most (1000)');
  add('show', `Show a ${one}.`, [`<${argument}>`]);
  withFields(add('make', `Make a ${one}.${name === 'keys' ? ' Its text is shown once.' : ''}`), resource);
  withFields(add('change', `Change the fields of a ${one} that are given.`, [`<${argument}>`]), resource);
  if (name === 'keys') {
    add('rotate', 'Give a key a new text, which is shown once.', [`<${argument}>`]).option(
      '--grace <duration>',
      'for how long the text that it had stays valid: 1h',
    );
  }
  if (resource.block !== undefined) {
    add('block', `Block a ${one}.`, [`<${argument}>`]);
    add('unblock', `Unblock a ${one}.`, [`<${argument}>`]);
  }
  add('delete', `Delete ${name}.`, [`<${argument}...>`]);
  if (resource.spendBy !== undefined) {
    add('spend', `Say what ${name} spent.`)
      .option('--from <date>', 'the first day (UTC), as YYYY-MM-DD (30 days ago)')
      .option('--to <date>', 'the last day');
  }
  withExamples(group, examplesOf(resource));
}

function withPlace(command: Command): Command {
  return command
    .option('--host <address>', 'where the gateway runs (127.0.0.1)')
    .option('--port <n>', 'its port (4000)')
    .option('-c, --config <file>', 'its configuration, for its master key and certificate', collect)
    .option('--ssl-certfile-path <file>', 'the certificate that it serves HTTPS with')
    .option('--json', 'print the answer as JSON');
}

function withFields(command: Command, { fields }: Resource): Command {
  for (const { flags, about } of fields) command.option(flags, about);
  return command.option('--set <field=value>', 'any other field of the API; the value is JSON or a text', collect);
}

function examplesOf({ name, one, argument }: Resource): readonly (readonly [string, string])[] {
  const word = argument.toUpperCase();
  const made: Readonly<Record<string, string>> = {
    keys: '--alias search --max-budget 20 --period 1mo',
    teams: '--alias research --max-budget 500 --period 1mo',
    users: '--email anna@example.com',
    models: '--name gpt-4o --model openai/gpt-4o --api-key sk-…',
    budgets: '--id small --max-budget 5 --period 1d',
  };
  const flags = Object.hasOwn(made, name) ? made[name] : '';
  return [
    [`sluice ${name} list --config config.yaml`, `List the ${name} of the gateway that serves this configuration.`],
    [`sluice ${name} make ${flags}`, `Make a ${one}.`],
    [`sluice ${name} change ${word} --set 'metadata={"owner":"anna"}'`, `Change any field of a ${one}.`],
    [`sluice ${name} show ${word} --json`, 'Print all of its fields as JSON.'],
  ];
}
