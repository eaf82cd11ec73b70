/** Writes docs/reference/config.md and docs/reference/config.schema.json from the settings in src/config/settings/. */
import { z } from 'zod';
import { DEFAULT_BUDGETS, DEFAULTS } from '../src/config/defaults.ts';
import type { Setting, SettingTable } from '../src/config/known-settings.ts';
import * as known from '../src/config/known-settings.ts';
import { configFileSchema, wordsFor } from '../src/config/schema.ts';
import { writeGenerated } from './generated-page.ts';

const EFFECT = { now: 'yes', later: 'not yet', never: 'no meaning here' } as const;
const FROM = { litellm: 'LiteLLM', guide: 'guide', sluice: 'Sluice' } as const;

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');

function tableOf(settings: SettingTable): string {
  const rank = { now: 0, later: 1, never: 2 } as const;
  const rows = [...settings]
    .toSorted(([, left], [, right]) => rank[left.effect] - rank[right.effect])
    .map(([name, setting]: [string, Setting]) => {
      const fallback = setting.fallback === undefined ? '' : setting.fallback;
      const cells = [
        `\`${name}\``,
        wordsFor(setting.type),
        setting.text,
        fallback,
        EFFECT[setting.effect],
        FROM[setting.from],
      ];
      return `| ${cells.map(cell).join(' | ')} |`;
    });
  return `| setting | value | what it does | default | in effect | from |\n|---|---|---|---|---|---|\n${rows.join('\n')}\n`;
}

const SECTIONS: readonly (readonly [title: string, about: string, settings: SettingTable])[] = [
  ['Top level', 'Members that begin with `x-` are left alone: they may hold YAML anchors.', known.TOP_LEVEL],
  [
    '`model_list[]`',
    'A list; each entry is one deployment. Entries with the same `model_name` share its requests. A name may hold `*`, which then fills in the `*` of `litellm_params.model`.',
    known.MODEL_ENTRY,
  ],
  [
    '`model_list[].litellm_params`',
    'The provider is the prefix of `model`, or `custom_llm_provider`; a bare name such as `gpt-4o` is taken for the provider that is known for it. Prices may stand here as well as in `model_info`. **Any further member is a request field** (`temperature`, `max_tokens`, …) that is sent when the client does not send it.',
    known.MODEL_PARAMS,
  ],
  ['`model_list[].model_info`', 'Further members are kept and shown by `/model/info`.', known.MODEL_INFO],
  [
    'Prices',
    "In `model_info` (which wins) or `litellm_params`, under the names of LiteLLM's price file. They replace the built-in price of the model; what has no price is unpriced, never free.",
    known.PRICE_SETTINGS,
  ],
  ['`litellm_settings`', 'Requests, caching, callbacks, logging.', known.LITELLM_SETTINGS],
  ['`litellm_settings.cache_params`', "Also the members of the guide's `cache` map.", known.CACHE_PARAMS],
  ['`router_settings`', 'Timeouts, retries, fallbacks, aliases.', known.ROUTER_SETTINGS],
  [
    '`router_settings.retry_policy`',
    'Also the maps of `model_group_retry_policy`. A class that is left out has `num_retries`. The classes are those of [the errors](errors.md).',
    known.RETRY_POLICY,
  ],
  [
    '`router_settings.allowed_fails_policy`',
    'Also `model_info.allowed_fails_policy`. A class that is left out has `allowed_fails`.',
    known.ALLOWED_FAILS_POLICY,
  ],
  ['`router_settings.routing_groups[]`', 'The first entry that names a model group counts.', known.ROUTING_GROUP],
  [
    '`router_settings.model_group_settings`',
    'A map from a model group to these; they win over `routing_groups` and over the router.',
    known.GROUP_SETTINGS,
  ],
  [
    'A budget with a period',
    'An entry of `budget_limits`, or a value of `model_max_budget` (there also a plain amount) and of `provider_budget_config`.',
    known.PERIOD_BUDGET,
  ],
  ['`hedge`', 'In `router_settings`, or for one group.', known.HEDGE],
  ['`general_settings`', 'The server itself.', known.GENERAL_SETTINGS],
  [
    '`user_api_key_list[]`',
    'Keys declared in a file. A key is taken as it stands, with or without `sk-`.',
    known.DECLARED_KEY,
  ],
  ['`user_api_key_list[].metadata`', 'Further members are remarks.', known.KEY_METADATA],
  [
    '`organizations[]`',
    'What is declared in a file is read-only in the API. Keys may also name objects that only the API made.',
    known.ORGANIZATION,
  ],
  ['`organizations[].members[]`', 'The limits are those of the user in the organisation.', known.ORGANIZATION_MEMBER],
  ['`teams[]`', 'A user is a member once, however often it is named.', known.TEAM],
  ['`teams[].members_with_roles[]`', 'The limits are those of the user in the team.', known.TEAM_MEMBER],
  ['`users[]`', 'Users are people or services; keys name them by `user_id`.', known.USER],
  ['`customers[]`', "End users of an application: what a request's `user` names.", known.CUSTOMER],
  ['`tags[]`', 'Tags that come with requests or stand with keys, and what all requests of one may spend.', known.TAG],
  ['`budget_settings`', 'How budgets and limits are kept, and where their alerts go.', known.BUDGET_SETTINGS],
  [
    '`budget_settings.when_away`',
    'Where it is a map; kinds that are left out keep their default.',
    known.WHEN_AWAY_BY_KIND,
  ],
  [
    '`litellm_settings.default_key_generate_params`',
    "Further parameters of the API's `/key/generate` may stand here.",
    known.NEW_KEY_PARAMS,
  ],
  [
    '`litellm_settings.upperbound_key_generate_params`',
    'A key that asks for more is refused; one that asks for nothing gets this.',
    known.KEY_BOUNDS,
  ],
  [
    '`litellm_settings.default_team_params`',
    "Further parameters of the API's `/team/new` may stand here.",
    known.NEW_TEAM_PARAMS,
  ],
  [
    '`litellm_settings.default_internal_user_params`',
    "Further parameters of the API's `/user/new` may stand here.",
    known.NEW_USER_PARAMS,
  ],
  ['`litellm_settings.key_generation_settings`', 'Both are maps of lists of texts.', known.KEY_GENERATION],
  [
    '`credential_list[]`',
    'Parameters that several deployments share by `litellm_credential_name`.',
    known.CREDENTIAL_ENTRY,
  ],
];

const seconds = (ms: number): string => `${ms / 1000} s`;
const mebibytes = (bytes: number): string => `${bytes / 1024 / 1024} MiB`;

const INTRODUCTION = `<!-- Generated from src/config/settings/ by npm run generate. -->
# Configuration

Sluice reads LiteLLM's \`config.yaml\`, the dialect of the LiteLLM gateway guide, and any mixture of the two; JSON is read as
well. Check a file with \`sluice check config.yaml\` (\`--json\` for scripts): it shows everything there is to say at once, with
file, line and column, and ends with 2 where something would stop a start. Every start does the same. Editors that
know the YAML language server complete and check a file whose first line names [the schema](config.schema.json):

\`\`\`yaml
# yaml-language-server: $schema=docs/reference/config.schema.json
\`\`\`

## How files are read

- **Several files** (\`--config a.yaml --config b.yaml\`) are merged in order: maps member by member, lists at the top level
  (\`model_list\`, \`user_api_key_list\`, …) one after the other; of anything else the later one counts.
- **\`include\`** names further files, relative to the file it stands in. They count as read right after that file. Circles are
  errors.
- **Variables** stand as \`os.environ/NAME\` (a whole value), or as \`\${NAME}\` and \`\${NAME:-default}\` anywhere in a text;
  \`$\${\` writes a plain \`\${\`. A variable that is set to nothing counts as not set. What comes out of a variable is not looked
  through for variables again. Where a number or a true/false is wanted, the text of a variable is read as one.
- **\`environment_variables\`** in a file provides variables for the rest of it. They win over the environment, as in LiteLLM; a
  note tells where that hides another value. The environment itself stays as it is.
- **An unset variable** is an error for \`general_settings.master_key\` and for declared keys, otherwise a warning; the value then
  counts as left out. A deployment without \`api_key\` uses the environment variable of its provider.
- **Anchors and merge keys** (\`<<: *defaults\`) work. A key written twice in one map is an error.
- **Limits**: 5 MiB a file, 64 levels of nesting, 8 levels of \`include\`, 3 million values with aliases counted in full.
- **Changes** to any of the files are noticed while the gateway runs (SIGHUP makes it look at once): the new state is checked as
  a whole and taken over for new requests, or, with an error in it, reported and left alone.

## Defaults

| what | default |
|---|---|
| address | ${DEFAULTS.host}:${DEFAULTS.port}. LiteLLM listens on all addresses; here that has to be said, by \`general_settings.host: 0.0.0.0\` or \`--host 0.0.0.0\`. \`--port\` wins over \`general_settings.port\`, that over the variable \`PORT\`. |
| master key | made once and kept in the data folder |
| an attempt | ${seconds(DEFAULTS.timeoutMs)} |
| silence in a stream | ${seconds(DEFAULTS.idleTimeoutMs)} |
| connecting | ${seconds(DEFAULTS.connectTimeoutMs)} |
| further tries in the group | ${DEFAULTS.numRetries} |
| attempts in all | ${DEFAULTS.maxAttempts} |
| fallback groups | ${DEFAULTS.maxFallbacks}, with at most ${DEFAULTS.mostRetriesPerFallback} further try each |
| rest of a failing deployment | ${seconds(DEFAULTS.cooldownMs)}, where the provider does not say how long |
| mode of budgets | ${DEFAULT_BUDGETS.mode}, with a debt of at most ${DEFAULT_BUDGETS.debtRatio * 100} % of a budget |
| days, weeks and months of budgets | begin in ${DEFAULT_BUDGETS.timeZone} |
| database | an SQLite file in the data folder |
| request body | ${mebibytes(DEFAULTS.maxRequestBytes)} |
| answer | ${mebibytes(DEFAULTS.maxResponseBytes)} |

## Values

An amount is in USD and exact, whether written as a number or a text. A **period** begins by the calendar, in
\`litellm_settings.timezone\`: \`1d\` (\`daily\`) at midnight, \`7d\`, \`1w\` (\`weekly\`) on Monday, \`30d\`, \`1mo\` (\`monthly\`) on
the first of the month, \`3mo\` (\`quarterly\`) with the quarter, \`1y\` (\`yearly\`) on January 1st. Every other length (\`30s\`,
\`15m\`, \`12h\`, \`14d\`, \`2w\`) is counted in equal steps, from when the object was made; for what stands in a file, from
1970-01-01 UTC. A **length of time** is written the same way and is just that long: a month has 30 days, a year 365.

## Settings

**In effect**: *yes*; *not yet*: accepted, checked for its type, and reported at every start as not yet in effect; *no meaning
here*: accepted and reported, for the reason given.
`;

const page = [
  INTRODUCTION,
  ...SECTIONS.map(([title, about, settings]) => `### ${title}\n\n${about}\n\n${tableOf(settings)}`),
].join('\n');
writeGenerated('docs/reference/config.md', page);

const schema = z.toJSONSchema(configFileSchema(), { target: 'draft-7', io: 'input' });
const titled = { title: 'Sluice configuration', ...schema, patternProperties: { '^x-': true } };
writeGenerated('docs/reference/config.schema.json', `${JSON.stringify(titled, null, 2)}\n`);
