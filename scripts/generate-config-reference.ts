/** Writes docs/reference/config.md and docs/reference/config.schema.json from the settings in src/config/settings/. */
import { z } from 'zod';
import { topLevelWith } from '../src/config/feature-settings.ts';
import { configFileSchema } from '../src/config/file-schema.ts';
import { loadConfig } from '../src/config/load.ts';
import { defaultInWords, type SettingRow, type SettingRows } from '../src/config/setting-rows.ts';
import { wordsFor } from '../src/config/setting-types.ts';
import { MODEL_INFO, MODEL_PARAMS } from '../src/config/settings/model-list.ts';
import { PRICE_SETTINGS } from '../src/config/settings/prices.ts';
import { FEATURE_SETTINGS } from '../src/features/index.ts';
import { LONGEST_SILENCE_MS } from '../src/snapshot/deployment.ts';
import { TOPIC_ORDER, topicOf } from './config-topics.ts';
import { writeGenerated } from './generated-page.ts';

const EFFECT = { now: 'yes', never: 'no meaning here' } as const;
const FROM = { litellm: 'LiteLLM', guide: 'guide', sluice: 'Sluice' } as const;

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');

const NOT_YET = new Map<string, string[]>();

/** The settings of a section that act or have no meaning here; those that do nothing yet are noted for the end of the page. */
function tableOf(title: string, settings: SettingRows): string {
  const rank = { now: 0, later: 1, never: 2 } as const;
  const section = title.replaceAll('`', '');
  for (const [name, { effect, doc }] of Object.entries<SettingRow>(settings)) {
    if (effect !== 'later') continue;
    const topic = topicOf(`${section}.${name}`);
    const row = `| ${cell(`\`${name}\``)} | ${cell(title)} | ${cell(doc)} |`;
    NOT_YET.set(topic, [...(NOT_YET.get(topic) ?? []), row]);
  }
  const rows = Object.entries<SettingRow>(settings)
    .filter(([, { effect }]) => effect !== 'later')
    .toSorted(([, left], [, right]) => rank[left.effect] - rank[right.effect])
    .map(([name, setting]) => {
      const cells = [
        `\`${name}\``,
        wordsFor(setting.type),
        setting.doc,
        defaultInWords(setting) ?? '',
        setting.effect === 'later' ? '' : EFFECT[setting.effect],
        FROM[setting.from],
      ];
      return `| ${cells.map(cell).join(' | ')} |`;
    });
  return `| setting | value | what it does | default | in effect | from |\n|---|---|---|---|---|---|\n${rows.join('\n')}\n`;
}

const topLevel = topLevelWith(FEATURE_SETTINGS);

/** The rows below a setting, by its path: `teams[].members_with_roles[]`. */
function rowsAt(path: string): SettingRows {
  let rows: SettingRows = topLevel;
  for (const name of path.replaceAll('[]', '').split('.')) {
    const below = rows[name]?.members?.rows;
    if (below === undefined) throw new Error(`${path} is no setting with members`);
    rows = below;
  }
  return rows;
}

const SECTIONS: readonly (readonly [title: string, about: string, settings?: SettingRows])[] = [
  ['Top level', 'Members that begin with `x-` are left alone: they may hold YAML anchors.', topLevel],
  [
    '`model_list[]`',
    'A list; each entry is one deployment. Entries with the same `model_name` share its requests. A name may hold `*`, which then fills in the `*` of `litellm_params.model`.',
  ],
  [
    '`model_list[].litellm_params`',
    'The provider is the prefix of `model`, or `custom_llm_provider`; a bare name such as `gpt-4o` means the provider that is known for it. Prices may be here as well as in `model_info`. **Any further member is a request field** (`temperature`, `max_tokens`, …) that is sent when the client does not send it.',
    MODEL_PARAMS,
  ],
  ['`model_list[].model_info`', 'Further members are kept and shown by `/model/info`.', MODEL_INFO],
  [
    'Prices',
    "In `model_info` (which wins) or `litellm_params`, under the names of LiteLLM's price file. They replace the built-in price of the model; a model without a price is unpriced, never free.",
    PRICE_SETTINGS,
  ],
  ['`litellm_settings`', 'Requests, caching, callbacks, logging.'],
  ['`litellm_settings.cache_params`', "Also the members of the guide's `cache` map."],
  ['`router_settings`', 'Timeouts, retries, fallbacks, aliases.'],
  [
    '`router_settings.retry_policy`',
    'Also the maps of `model_group_retry_policy`. A class that is left out has `num_retries`. The classes are those of [the errors](errors.md).',
  ],
  [
    '`router_settings.allowed_fails_policy`',
    'Also `model_info.allowed_fails_policy`. A class that is left out has `allowed_fails`.',
  ],
  ['`router_settings.routing_groups[]`', 'The first entry that names a model group counts.'],
  [
    '`router_settings.model_group_settings`',
    'A map from a model group to these; they win over `routing_groups` and over the router.',
  ],
  [
    'A budget with a period',
    'An entry of `budget_limits`, or a value of `model_max_budget` (there also a plain amount) and of `provider_budget_config`.',
    rowsAt('router_settings.provider_budget_config'),
  ],
  ['`hedge`', 'In `router_settings`, or for one group.', rowsAt('router_settings.hedge')],
  ['`general_settings`', 'The server itself.'],
  ['`user_api_key_list[]`', 'Keys declared in a file. A key is taken as written, with or without `sk-`.'],
  ['`user_api_key_list[].metadata`', 'Further members are remarks.'],
  [
    '`organizations[]`',
    'What is declared in a file is read-only in the API. Keys may also name objects that only the API made.',
  ],
  ['`organizations[].members[]`', 'The limits are those of the user in the organisation.'],
  ['`teams[]`', 'A user is a member once, even if it is named twice.'],
  ['`teams[].members_with_roles[]`', 'The limits are those of the user in the team.'],
  ['`users[]`', 'Users are people or services; keys name them by `user_id`.'],
  ['`customers[]`', "End users of an application: what a request's `user` names."],
  ['`tags[]`', 'Tags that requests bring or keys have, and what all requests of a tag may spend.'],
  ['`budget_settings`', 'How budgets and limits are kept, and where their alerts go.'],
  ['`budget_settings.when_away`', 'If it is a map; kinds that are left out keep their default.'],
  ['`litellm_settings.default_key_generate_params`', "It may hold further parameters of the API's `/key/generate`."],
  [
    '`litellm_settings.upperbound_key_generate_params`',
    'A key that asks for more is refused; one that asks for nothing gets this.',
  ],
  ['`litellm_settings.default_team_params`', "It may hold further parameters of the API's `/team/new`."],
  ['`litellm_settings.default_internal_user_params`', "It may hold further parameters of the API's `/user/new`."],
  ['`litellm_settings.key_generation_settings`', 'Both are maps of lists of texts.'],
  ['`credential_list[]`', 'Parameters that several deployments share by `litellm_credential_name`.'],
];

const { config } = loadConfig({ files: [], env: {}, knownProviders: [] });
if (config === undefined) throw new Error('an empty configuration does not load');
const { server, routing, budgets } = config;

const seconds = (ms: number): string => `${ms / 1000} s`;
const mebibytes = (bytes: number): string => `${bytes / 1024 / 1024} MiB`;

const INTRODUCTION = `<!-- Generated from src/config/settings/ by npm run generate. -->
# Configuration

Sluice reads LiteLLM's \`config.yaml\`, the dialect of the LiteLLM gateway guide, and any mixture of the two; JSON is read as
well. Check a file with \`sluice check config.yaml\` (\`--json\` for scripts): it shows all findings at once, with
file, line and column, and exits with 2 if something would stop a start. Every start does the same. Editors that
know the YAML language server complete and check a file whose first line names [the schema](config.schema.json):

\`\`\`yaml
# yaml-language-server: $schema=docs/reference/config.schema.json
\`\`\`

## How files are read

- **Several files** (\`--config a.yaml --config b.yaml\`) are merged in order: maps member by member, lists at the top level
  (\`model_list\`, \`user_api_key_list\`, …) one after the other; of anything else the later one counts.
- **\`include\`** names further files, relative to the file that names them. They count as read right after that file. Circles are
  errors.
- **Variables** are written as \`os.environ/NAME\` (a whole value), or as \`\${NAME}\` and \`\${NAME:-default}\` anywhere in a text;
  \`$\${\` writes a plain \`\${\`. A variable that is set to nothing counts as not set. The value of a variable is not
  searched for variables again. If a setting is a number or true/false, the text of a variable is read as one.
- **\`environment_variables\`** in a file provides variables for the rest of it. They win over the environment, as in LiteLLM; a
  note reports where that hides another value. The environment itself is not changed.
- **An unset variable** is an error for \`general_settings.master_key\` and for declared keys, otherwise a warning; the setting then
  counts as left out. A deployment without \`api_key\` uses the environment variable of its provider.
- **Anchors and merge keys** (\`<<: *defaults\`) work. A key written twice in one map is an error.
- **Limits**: 5 MiB a file, 64 levels of nesting, 8 levels of \`include\`, 3 million values with aliases counted in full.
- **Changes** to any of the files are noticed while the gateway runs (SIGHUP makes it look at once): the new state is checked as
  a whole and takes effect for new requests; if it holds an error, that is reported and the old state stays in effect.

## Defaults

| what | default |
|---|---|
| address | ${server.host}:${server.port}. LiteLLM listens on all addresses; here that has to be set, by \`general_settings.host: 0.0.0.0\` or \`--host 0.0.0.0\`. \`--port\` wins over \`general_settings.port\`, that over the variable \`PORT\`. |
| master key | made once and kept in the data folder |
| an attempt | ${seconds(routing.timeoutMs)} |
| silence in a stream | ${seconds(LONGEST_SILENCE_MS)} |
| connecting | ${seconds(routing.connectTimeoutMs)} |
| further tries in the group | ${routing.numRetries} |
| attempts in all | ${routing.maxAttempts} |
| fallback groups | ${routing.maxFallbacks}, with at most ${routing.maxRetriesPerFallback} further try each |
| rest of a failing deployment | ${seconds(routing.cooldownMs)}, if the provider does not say how long |
| mode of budgets | ${budgets.mode}, with a debt of at most ${budgets.debtRatio * 100} % of a budget |
| days, weeks and months of budgets | start in ${budgets.timeZone} |
| database | an SQLite file in the data folder |
| request body | ${mebibytes(server.maxRequestBytes)} |
| answer | ${mebibytes(server.maxResponseBytes)} |

## Values

An amount is in USD and exact, whether written as a number or a text. A **period** starts by the calendar, in
\`litellm_settings.timezone\`: \`1d\` (\`daily\`) at midnight, \`7d\`, \`1w\` (\`weekly\`) on Monday, \`30d\`, \`1mo\` (\`monthly\`) on
the first of the month, \`3mo\` (\`quarterly\`) with the quarter, \`1y\` (\`yearly\`) on January 1st. Every other length (\`30s\`,
\`15m\`, \`12h\`, \`14d\`, \`2w\`) is counted in equal steps, from when the object was made; for what stands in a file, from
1970-01-01 UTC. A **length of time** is written the same way and is just that long: a month has 30 days, a year 365.

## Settings

**In effect**: *yes*; *no meaning here*: accepted and reported, for the reason given. Further settings are
[not yet in effect](#not-yet-in-effect): accepted, checked for their type, and reported at every start. A setting of either kind that
would protect requests stops the start, unless \`ignore_settings\` names it. So does a misspelt setting that holds a secret.
`;

/** Sections that features bring: maps at the top level that no entry above is about. */
const featureSections = Object.entries<SettingRow>(topLevel)
  .filter(([name, { members }]) => members?.as === 'map' && !SECTIONS.some(([title]) => title === `\`${name}\``))
  .map(([name, { doc }]) => [`\`${name}\``, doc, undefined] as const);

const page = [
  INTRODUCTION,
  ...[...SECTIONS, ...featureSections].map(
    ([title, about, settings]) =>
      `### ${title}\n\n${about}\n\n${tableOf(title, settings ?? rowsAt(title.replaceAll('`', '')))}`,
  ),
].join('\n');

const notYet = TOPIC_ORDER.filter((topic) => NOT_YET.has(topic)).map(
  (topic) =>
    `### ${topic}\n\n| setting | in | what it will do |\n|---|---|---|\n${(NOT_YET.get(topic) ?? []).join('\n')}\n`,
);
const NOT_YET_ABOUT = `## Not yet in effect

These settings are accepted and do nothing yet. Most are parts of a feature that does not exist yet, by which they are listed.
`;
writeGenerated('docs/reference/config.md', [page, NOT_YET_ABOUT, ...notYet].join('\n'));

const schema = z.toJSONSchema(configFileSchema(topLevel), { target: 'draft-7', io: 'input' });
const titled = { title: 'Sluice configuration', ...schema, patternProperties: { '^x-': true } };
writeGenerated('docs/reference/config.schema.json', `${JSON.stringify(titled, null, 2)}\n`);
