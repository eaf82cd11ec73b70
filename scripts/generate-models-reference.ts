/** Writes docs/reference/models.md from the table in src/models. */
import { type ClaudeAbilities, claudeAbilities } from '../src/models/claude-models.ts';
import { canThink, isGemini3, isGemini4, thinkingBudgetRange, thinkingLevels } from '../src/models/gemini-models.ts';
import type { ModelRow, PromptCacheFacts, Reasoning, SearchWords } from '../src/models/model-abilities.ts';
import { MODEL_ROWS } from '../src/models/model-table.ts';
import { writeGenerated } from './generated-page.ts';

const code = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(', ');

function reasoningCell(reasoning: Reasoning | undefined): string {
  switch (reasoning?.how) {
    case undefined:
      return '';
    case 'never':
      return 'does not reason';
    case 'always':
      return 'always reasons, no parameter';
    case 'switch':
      return '`enable_thinking`, `thinking_budget`';
    case 'type': {
      const efforts = reasoning.efforts.length === 0 ? '' : `; effort ${code(reasoning.efforts)}`;
      return `\`thinking.type\` ${code(reasoning.types)}${efforts}`;
    }
    case 'effort': {
      const off = reasoning.offByTemplate === true ? '; off by `chat_template_kwargs`' : '';
      const tools = {
        absent: '; no effort beside tools in chat completions',
        none: '; `none` beside tools in chat completions',
      };
      const beside = reasoning.besideTools === undefined ? '' : tools[reasoning.besideTools];
      return `effort ${code(reasoning.efforts)}${off}${beside}`;
    }
  }
}

const SEARCH_WORDS: Readonly<Record<SearchWords, string>> = {
  tool: "a tool of the provider's format",
  options: '`web_search_options`',
  'server-tool': '`openrouter:web_search`',
  'typed-tool': 'a tool of type `web_search`',
};

function othersCell({ abilities }: ModelRow): string {
  const forced = { 'without-thinking': 'forced tools only without thinking', never: 'no forced tools' };
  return [
    ...(abilities.forcedTools === undefined ? [] : [forced[abilities.forcedTools]]),
    ...(abilities.responsesOnly === true ? ['Responses API only'] : []),
    ...(abilities.sampling === undefined ? [] : ['sampling parameters fixed']),
    ...(abilities.verbosity === undefined ? [] : ['verbosity fixed']),
    ...(abilities.refusesStop === true ? ['no `stop`'] : []),
    ...(abilities.maxStopSequences === undefined ? [] : [`${abilities.maxStopSequences} stop sequences`]),
    ...(abilities.systemFirst === true ? ['instructions first'] : []),
    ...(abilities.webSearch === undefined ? [] : [`searches the web (${SEARCH_WORDS[abilities.webSearch]})`]),
    ...(abilities.codeExecution === true ? ['runs code'] : []),
    ...(abilities.strictSchemas === undefined ? [] : ['strict schemas closed, every member required']),
  ].join('; ');
}

const tokens = (count: number | undefined): string => (count === undefined ? '' : count.toLocaleString('en-US'));
const links = (source: string): string => source.replace(/https:\/\/[^\s,;]+/g, (link) => `<${link}>`);

const rows = MODEL_ROWS.filter(({ abilities }) => abilities.promptCache === undefined).map((row) => {
  const cells = [
    row.models,
    row.providers === undefined ? 'every' : code(row.providers),
    reasoningCell(row.abilities.reasoning),
    tokens(row.abilities.maxOutputTokens),
    othersCell(row),
    links(row.source),
  ];
  return `| ${cells.join(' | ').replaceAll('  ', ' ')} |`;
});

const HOW: Readonly<Record<PromptCacheFacts['how'], string>> = {
  marks: 'at marks (`cache_control`)',
  breakpoints: 'at breakpoints (`prompt_cache_breakpoint`), and at the end unless told otherwise',
  automatic: 'by itself',
};

const minutes = (life: number): string => (life % 60 === 0 ? `${life / 60} h` : `${life} min`);

const cacheRows = MODEL_ROWS.flatMap(({ models, providers, abilities: { promptCache: facts }, source }) => {
  if (facts === undefined) return [];
  const cells = [
    models,
    providers === undefined ? 'every' : code(providers),
    HOW[facts.how],
    tokens(facts.leastTokens),
    facts.writeOneHour === undefined ? `${facts.write}` : `${facts.write}, for an hour ${facts.writeOneHour}`,
    `${facts.read}`,
    facts.writeOneHour === undefined ? minutes(facts.lifeMinutes) : `${minutes(facts.lifeMinutes)} or 1 h`,
    tokens(facts.mostMarks),
    facts.salt === undefined ? '' : `\`${facts.salt}\``,
    links(source),
  ];
  return [`| ${cells.join(' | ').replaceAll('  ', ' ')} |`];
});

const CLAUDE = [
  'claude-3-5-sonnet',
  'claude-3-7-sonnet',
  'claude-sonnet-4',
  'claude-opus-4-1',
  'claude-haiku-4-5',
  'claude-sonnet-4-5',
  'claude-opus-4-5',
  'claude-sonnet-4-6',
  'claude-opus-4-6',
  'claude-opus-4-7',
  'claude-opus-4-8',
  'claude-sonnet-5',
  'claude-opus-5',
  'claude-opus-5-5',
  'claude-sonnet-5-5',
  'claude-fable-5',
  'claude-fable-5-1',
];

function thinkingTypes(claude: ClaudeAbilities): string {
  return code([
    ...(claude.budgetThinking ? ['enabled'] : []),
    ...(claude.adaptiveThinking ? ['adaptive'] : []),
    ...(claude.betweenToolsThinking ? ['between_tools'] : []),
    ...(claude.canDisableThinking ? ['disabled'] : []),
  ]);
}

const yes = (does: boolean | undefined): string => (does === true ? 'yes' : 'no');
const claudeRows = CLAUDE.map((name) => {
  const claude = claudeAbilities(name);
  const cells = [
    `\`${name}\``,
    thinkingTypes(claude),
    claude.efforts.length === 0 ? 'none' : code(claude.efforts),
    yes(claude.sampling),
    yes(claude.forcedToolUse),
    yes(claude.structuredOutput),
    yes(claude.systemInMessages),
    yes(claude.prefill),
  ];
  return `| ${cells.join(' | ')} |`;
});

const GEMINI = [
  'gemini-2.0-flash',
  'gemini-2.5-flash-lite',
  'gemini-2.5-flash',
  'gemini-2.5-pro',
  'gemini-3-pro',
  'gemini-3-flash',
  'gemini-3.8-flash',
  'gemini-4-pro',
];
const geminiRows = GEMINI.map((name) => {
  const range = thinkingBudgetRange(name);
  const budget =
    range === undefined ? '' : `${tokens(range.least)} to ${tokens(range.most)}${range.mayBeOff ? ', or off' : ''}`;
  const thinking = isGemini3(name) ? code(thinkingLevels(name)) : canThink(name) === true ? budget : 'does not think';
  return `| \`${name}\` | ${thinking} | ${isGemini4(name) ? 'refused' : 'taken'} |`;
});

writeGenerated(
  'docs/reference/models.md',
  `<!-- Generated from src/models by npm run generate. -->
# Models

What models take of a request. A request that asks for something else is brought to it before it is sent, in both lanes and on every
fallback: an effort becomes the nearest that the model knows, a limit of the answer is lowered to what it can write, parameters go by
the model's own words. In the relay lane this is an edit of single members in the bytes.

Nothing is changed silently: the answer's header \`x-sluice-dropped\` names each member that was left out or changed, the log line counts
them, and so does \`sluice_dropped_fields_total\`. A parameter that a model cannot take at all is a 400 unless \`drop_params\` is on; an
effort of a client of the Messages format, which is a hint there, is not.

What is empty here is unknown, and goes to the provider as the client wrote it. \`model_info\` of a deployment counts before this table:
\`max_output_tokens\`, \`base_model\` (the model behind a deployment of Azure), \`supports_reasoning\`, \`supports_web_search\`, and LiteLLM's
\`supports_none_reasoning_effort\`, \`supports_minimal_reasoning_effort\`, \`supports_low_reasoning_effort\`,
\`supports_xhigh_reasoning_effort\` and \`supports_max_reasoning_effort\`.

## Models in the chat format

The first row that says something of a model's ability counts. The longest answer counts for every format.

| models | at | reasoning | longest answer (tokens) | others | source |
|---|---|---|---|---|---|
${rows.join('\n')}

## Prompt caches

What providers keep of the beginnings of prompts ([guide](../guides/prompt-caching.md)). The first row that matches counts. Prices are in
parts of the price of input; those of the list of prices and of the configuration count before them. A life begins again whenever what
is kept is read.

| models | at | kept | least (tokens) | write | read | life | most marks | kept apart by | source |
|---|---|---|---|---|---|---|---|---|---|
${cacheRows.join('\n')}

## Claude

From the version in the name; one that is newer than this table is taken to be like the newest.

| model | \`thinking.type\` | \`output_config.effort\` | sampling parameters | forced tools | structured output | \`system\` in \`messages\` | prefill |
|---|---|---|---|---|---|---|---|
${claudeRows.join('\n')}

## Gemini

| model | thinking | penalties, several candidates |
|---|---|---|
${geminiRows.join('\n')}
`,
);
