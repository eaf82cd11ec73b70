import { FLAGS, type Flag } from './flags.ts';

/** The text of `sluice --help`. */
export function helpText(): string {
  const rows = Object.entries(FLAGS).map(([name, flag]): [string, string] => [left(name, flag), right(flag)]);
  const width = Math.max(...rows.map(([name]) => name.length));
  return `Sluice, the LLM gateway.

Usage:
  sluice [serve] [flags]           Serve. Without --config: what the provider keys in the environment allow, else the demo.
  sluice check FILE… [--json]      Read configuration files, print every finding, start nothing. Exit 2 on an error.
  sluice route FILE… --model M     Say which deployments a request for M would try, in which order, and why not the others.
  sluice route --call-id ID        The same for a request that the running gateway had.
  sluice spend [--by WHAT] [--from DATE] [--to DATE]
                                   Ask the running gateway what was spent; with --call-id about one request's attempts and prices.
  sluice spend --orphans [--attempt ID --cost USD]
                                   List what a killed gateway had under way and what it is booked at, or correct one of them.
  sluice savings [--by WHAT] [--from DATE] [--to DATE]
                                   Ask the running gateway what it saved, net: by mechanism, or by day, model, key, team and the like.
  sluice try cache [--config FILE] < REQUESTS.JSONL
                                   Say for each request, offline, where its answer is cached, which marks its prompt gets, what it costs and saves.
  sluice try compress [--ratio PART] < REQUESTS.JSONL
                                   Print for each request, offline, what compression makes of it, and its tokens before and after.
  sluice try guard NAME [--config FILE] < TEXTS.JSONL
                                   Say for each text, offline, what a guardrail finds in it: injection, moderation, personal-data, secrets.
  sluice calibrate --data FILE.JSONL [--prices FILE] --out ROUTER.JSON
                                   Learn which model is good enough for which prompt from answers that were judged, and show how well it is known.
  sluice try route --router ROUTER.JSON [--quality 0.95] [--no-cascade] < PROMPTS.JSONL
                                   Say for each prompt, offline, which model or which cascade of models the router would ask.
  sluice predict cache --current ID --candidate ID < REQUEST.JSON
                                   Ask the running gateway whether a request would be read from the prompt cache of two deployments, and at what cost.
  sluice report cache              Print what the semantic cache of the running gateway does or would do: hits, false hits and saving by threshold.
  sluice keys|teams|users|models|budgets …
                                   Make, list, show, change, block and delete them in the running gateway: sluice keys --help.
  sluice reconcile [--config FILE] [--from DATE] [--to DATE] [--csv FILE] [--min 99.9]
                                   Compare what providers billed with the ledger: what matches, what each side lacks, which prices differ.
  sluice replay --config NEW.YAML [--from 7d]
                                   Say what recorded requests would have cost under another configuration, and which would be refused or moved.
  sluice completion SHELL          Print a script that completes the line in bash, zsh or fish.
  sluice import litellm …          Import LiteLLM's database; sluice import litellm --help says how.
  sluice demo [flags]              Serve simulated models: no account, no cost.

Flags (also with - in place of _):
${rows.map(([name, about]) => `  ${name.padEnd(width)}  ${about}`).join('\n')}

Environment:
  SLUICE_DATA_DIR                  Folder for what must outlive a restart (./data).
  SLUICE_YOUNG_HEAP_MB             Size of V8's space for new objects (8); more costs memory and may save computing time.
  SLUICE_OLD_HEAP_MB               Most of V8's space for other objects; without it Node.js decides.
  LITELLM_MASTER_KEY               Master key, unless the configuration has one (also SLUICE_MASTER_KEY, GATEWAY_MASTER_KEY).
                                   With neither, one is made on the first start and kept in the data folder.
  GRACEFUL_SHUTDOWN_TIMEOUT        Seconds that requests in flight may take after SIGTERM (30).

Signals: SIGTERM and SIGINT drain and stop, a second one stops at once; SIGHUP reads the configuration again.
`;
}

function left(name: string, flag: Flag): string {
  const short = flag.short === undefined ? '    ' : `-${flag.short}, `;
  return `${short}--${name}${flag.valueName === undefined ? '' : ` ${flag.valueName}`}`;
}

function right(flag: Flag): string {
  return flag.variable === undefined ? flag.about : `${flag.about} [${flag.variable}]`;
}
