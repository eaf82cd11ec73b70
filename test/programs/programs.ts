/** The programs that the tests drive, the providers behind the gateway, and what is asked of each. */

/** A provider as programs meet it: under the name of a group, which is never the provider's name for the model. */
export interface TestedProvider {
  readonly id: 'anthropic' | 'openai' | 'gemini' | 'deepseek' | 'glm';
  readonly title: string;
  readonly group: string;
  readonly model: string;
}

/** One model of each provider whose format or habits differ. */
export const PROVIDERS: readonly TestedProvider[] = [
  { id: 'anthropic', title: 'Claude', group: 'house-claude', model: 'anthropic/claude-sonnet-4-5' },
  { id: 'openai', title: 'GPT-5', group: 'house-gpt', model: 'openai/gpt-5' },
  { id: 'gemini', title: 'Gemini', group: 'house-gemini', model: 'gemini/gemini-2.5-pro' },
  { id: 'deepseek', title: 'DeepSeek', group: 'house-deepseek', model: 'deepseek/deepseek-chat' },
  { id: 'glm', title: 'GLM', group: 'house-glm', model: 'zai/glm-4.6' },
];

/** What a program is asked to do, in the order of the page's columns. */
export const JOURNEYS = {
  answer: 'a whole answer',
  stream: 'a streamed answer',
  tools: 'calls a tool and uses its result',
  thinking: 'thinks, calls a tool and goes on',
  turns: 'three turns, a tool in the second',
  search: 'searches for tools that are held back',
  edit: 'edits a file',
  schema: 'structured output',
  aliases: 'other names of the same model, with thinking and tools',
  efforts: 'every effort that can be asked for',
  errors: 'says what the provider refused',
} as const;

/** A column of the page. */
export type Journey = keyof typeof JOURNEYS;

/** A program under test. */
export interface Program {
  readonly title: string;
  /** The endpoint it speaks to. */
  readonly endpoint: string;
  /** Another that its journeys speak to as well. */
  readonly secondEndpoint?: string;
  /** The providers of every test run; `npm run test:full` drives all five. */
  readonly everyRun: readonly TestedProvider['id'][];
}

const GEMINI = '/v1beta/models/…:generateContent';

/** Every program, in the order of the page. */
export const PROGRAMS = {
  'anthropic-tool-runner': {
    title: 'toolRunner of @anthropic-ai/sdk',
    endpoint: '/v1/messages',
    everyRun: ['anthropic', 'openai'],
  },
  'openai-run-tools': {
    title: 'runTools of openai',
    endpoint: '/v1/chat/completions',
    everyRun: ['anthropic', 'openai'],
  },
  'claude-code': { title: 'Claude Code', endpoint: '/v1/messages', everyRun: ['anthropic', 'openai'] },
  codex: { title: 'Codex', endpoint: '/v1/responses', everyRun: ['anthropic', 'openai'] },
  'gemini-cli': {
    title: 'Gemini CLI',
    endpoint: '/v1beta/models/…:streamGenerateContent',
    everyRun: ['anthropic', 'gemini'],
  },
  opencode: {
    title: 'opencode by @ai-sdk/openai-compatible',
    endpoint: '/v1/chat/completions',
    everyRun: ['anthropic', 'openai'],
  },
  'opencode-responses': {
    title: 'opencode by @ai-sdk/openai',
    endpoint: '/v1/responses',
    everyRun: ['openai', 'gemini'],
  },
  'opencode-anthropic': {
    title: 'opencode by @ai-sdk/anthropic',
    endpoint: '/v1/messages',
    everyRun: ['anthropic', 'deepseek'],
  },
  aider: { title: 'aider', endpoint: '/v1/chat/completions', everyRun: ['openai', 'gemini'] },
  'openai-node': {
    title: 'openai for Node.js',
    endpoint: '/v1/chat/completions',
    secondEndpoint: '/v1/responses',
    everyRun: ['gemini', 'glm'],
  },
  'ai-sdk': {
    title: 'the AI SDK by its default for OpenAI',
    endpoint: '/v1/responses',
    everyRun: ['anthropic', 'glm'],
  },
  'ai-sdk-google': { title: 'the AI SDK by @ai-sdk/google', endpoint: GEMINI, everyRun: ['openai', 'deepseek'] },
  'google-genai-node': { title: '@google/genai for Node.js', endpoint: GEMINI, everyRun: ['anthropic', 'openai'] },
  'openai-python': {
    title: "Python's openai",
    endpoint: '/v1/chat/completions',
    secondEndpoint: '/v1/responses',
    everyRun: ['anthropic', 'deepseek'],
  },
  'agents-python': {
    title: "OpenAI's Agents SDK for Python",
    endpoint: '/v1/responses',
    everyRun: ['anthropic', 'openai'],
  },
  'pydantic-ai': {
    title: 'pydantic-ai by its default for openai:',
    endpoint: '/v1/responses',
    everyRun: ['gemini', 'glm'],
  },
  'pydantic-ai-google': {
    title: 'pydantic-ai by google:',
    endpoint: GEMINI,
    everyRun: ['openai', 'deepseek'],
  },
  'google-genai-python': {
    title: "Python's google-genai",
    endpoint: GEMINI,
    everyRun: ['anthropic', 'gemini'],
  },
  llm: { title: 'llm', endpoint: '/v1/chat/completions', everyRun: ['anthropic', 'openai'] },
} as const satisfies Readonly<Record<string, Program>>;

/** A row of the table. */
export type ProgramId = keyof typeof PROGRAMS;

/** The providers that this run drives a program over. */
export function providersOf(program: ProgramId): readonly TestedProvider[] {
  if (process.env.SLUICE_FULL_PROGRAMS === '1') return PROVIDERS;
  const { everyRun }: Program = PROGRAMS[program];
  return PROVIDERS.filter(({ id }) => everyRun.includes(id));
}
