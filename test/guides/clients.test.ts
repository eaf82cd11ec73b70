/**
 * Every recipe of docs/guides/clients.md, run as it is printed against a gateway on another port, with what it sets up: the programs and
 * packages themselves, in a home of their own. What cannot be run is skipped and says why.
 */
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { loadText } from '../config/load-text.ts';
import { type House, openHouse } from '../programs/house.ts';
import { npmProgram } from '../programs/npm-program.ts';
import { PROVIDERS as GROUPS } from '../programs/programs.ts';
import { PYTHON_AIDER, PYTHON_FRAMEWORKS, PYTHON_GENAI, PYTHON_LLM, PYTHON_SDKS } from '../programs/python-packages.ts';
import { pythonProgram } from '../programs/python-program.ts';
import type { Sandbox } from '../programs/sandbox.ts';

const root = join(import.meta.dirname, '../..');
const PAGE = readFileSync(join(root, 'docs/guides/clients.md'), 'utf8');
const PRINTED = 'http://127.0.0.1:4000';
const PROMPT = 'Say: hello';

/** Where packages of Python are, by what a block of code imports. */
const PYTHONS = [
  { modules: /^from (openai|agents|pydantic_ai) /m, installed: await pythonProgram(PYTHON_SDKS) },
  { modules: /^from google /m, installed: await pythonProgram(PYTHON_GENAI) },
  { modules: /^from (anthropic|langchain_openai|llama_index)\b/m, installed: await pythonProgram(PYTHON_FRAMEWORKS) },
];

/** What programs ask a person before they listen: whether a folder is trusted; aider about git, its news and prices. */
const WITHOUT_QUESTIONS = {
  GEMINI_CLI_TRUST_WORKSPACE: 'true',
  AIDER_GIT: 'false',
  AIDER_CHECK_UPDATE: 'false',
  AIDER_SHOW_RELEASE_NOTES: 'false',
  AIDER_SHOW_MODEL_WARNINGS: 'false',
  LITELLM_LOCAL_MODEL_COST_MAP: 'True',
};

/** Why some recipes are not run. */
const CANNOT_RUN: Readonly<Record<string, string>> = {
  Cursor: 'cannot be run here: Cursor sends from its own servers',
  'Open WebUI': 'cannot be run here: Open WebUI comes as a container',
  LibreChat: 'cannot be run here: LibreChat comes as containers',
};

interface Block {
  readonly section: string;
  readonly language: string;
  readonly text: string;
}

const BLOCKS: readonly Block[] = PAGE.split(/^## /m)
  .slice(1)
  .flatMap((part) => {
    const section = part.slice(0, part.indexOf('\n'));
    return [...part.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
      section,
      language,
      text,
    }));
  });

/** The one block of a section in a language. */
function blockOf(section: string, language: string): string {
  const [block, ...others] = BLOCKS.filter((each) => each.section === section && each.language === language);
  assert.ok(block !== undefined && others.length === 0, `${section} has one block of ${language}`);
  return block.text;
}

let house: House;
before(async () => {
  house = await openHouse();
});
after(() => house.close());

const here = (text: string): string => text.replaceAll(PRINTED, house.gateway.url);
const env = () => ({ SLUICE_API_KEY: house.gateway.masterKey, ...WITHOUT_QUESTIONS });

/** Types a block into a shell that finds a program by its name, as after an installation. */
async function type(sandbox: Sandbox, text: string, program: string, start: readonly string[]): Promise<string> {
  const words = start.map((word) => `'${word}'`).join(' ');
  chmodSync(sandbox.write(`~/bin/${program}`, `#!/bin/sh\nexec ${words} "$@"\n`), 0o755);
  const path = [join(sandbox.home, 'bin'), dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'];
  const { stdout, stderr, code } = await sandbox.run({
    command: '/bin/sh',
    args: ['-euc', here(text)],
    env: { ...env(), PATH: path.join(delimiter) },
    // Some blocks bring a prompt along, and Codex takes what is typed besides for a part of it.
    stdin: text.includes(PROMPT) ? '' : `${PROMPT}\n`,
    deadlineMs: 100_000,
  });
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  return stdout;
}

interface ProgramRecipe {
  readonly section: string;
  readonly installed: { readonly folder: string } | { readonly python: string } | { readonly skip: string };
  /** Does what the section says in a home, and returns what the program said; `at` is where it is installed. */
  run(sandbox: Sandbox, section: string, at: string): Promise<string>;
}

const isLinux = process.platform === 'linux' && process.arch === 'x64';

const PROGRAMS: readonly ProgramRecipe[] = [
  {
    section: 'Claude Code',
    installed: await npmProgram('claude-code'),
    run: (sandbox, section, at) =>
      type(sandbox, blockOf(section, 'sh'), 'claude', [
        process.execPath,
        join(at, 'node_modules/@anthropic-ai/claude-code/cli-wrapper.cjs'),
      ]),
  },
  {
    section: 'Codex',
    installed: await npmProgram('codex'),
    run(sandbox, section, at) {
      sandbox.write('~/.codex/config.toml', here(blockOf(section, 'toml')));
      const start = [process.execPath, join(at, 'node_modules/@openai/codex/bin/codex.js')];
      return type(sandbox, blockOf(section, 'sh'), 'codex', start);
    },
  },
  {
    section: 'Gemini CLI',
    installed: await npmProgram('gemini-cli'),
    run(sandbox, section, at) {
      sandbox.write('~/.gemini/settings.json', blockOf(section, 'json'));
      const start = [process.execPath, join(at, 'node_modules/@google/gemini-cli/bundle/gemini.js')];
      return type(sandbox, blockOf(section, 'sh'), 'gemini', start);
    },
  },
  {
    section: 'opencode',
    installed: isLinux ? await npmProgram('opencode') : { skip: 'needs Linux on x64' },
    run(sandbox, section, at) {
      sandbox.write('opencode.json', here(blockOf(section, 'json')));
      return type(sandbox, 'opencode run', 'opencode', [
        join(at, 'node_modules/opencode-linux-x64-baseline/bin/opencode'),
      ]);
    },
  },
  {
    section: 'aider',
    installed: await pythonProgram(PYTHON_AIDER),
    run(sandbox, section, at) {
      sandbox.write('.aider.model.settings.yml', blockOf(section, 'yaml'));
      return type(sandbox, blockOf(section, 'sh'), 'aider', [at, '-m', 'aider']);
    },
  },
  {
    section: 'llm',
    installed: await pythonProgram(PYTHON_LLM),
    async run(sandbox, section, at) {
      const start = [at, '-m', 'llm'];
      const folder = dirname((await type(sandbox, 'llm logs path', 'llm', start)).trim());
      sandbox.write(`~${folder.slice(sandbox.home.length)}/extra-openai-models.yaml`, here(blockOf(section, 'yaml')));
      return type(sandbox, blockOf(section, 'sh'), 'llm', start);
    },
  },
];

describe('a program is set up as the guide says', { concurrency: 2, timeout: 600_000 }, () => {
  for (const { section, installed, run } of PROGRAMS) {
    it(section, { skip: 'skip' in installed ? installed.skip : false }, () =>
      house.withSandbox(async (sandbox) => {
        const at = 'folder' in installed ? installed.folder : 'python' in installed ? installed.python : '';
        assert.match(await run(sandbox, section, at), /hello/);
      }),
    );
  }
});

describe('code of the guide runs as it is printed', { concurrency: 2, timeout: 600_000 }, () => {
  for (const [index, { section, language, text }] of BLOCKS.entries()) {
    const python = PYTHONS.find(({ modules }) => modules.test(text))?.installed;
    if (language === 'py') {
      assert.ok(python !== undefined, `there are packages for ${text}`);
      it(`${section}, Python, block ${index}`, { skip: 'skip' in python ? python.skip : false }, () =>
        house.withSandbox((sandbox) =>
          says(sandbox, 'python' in python ? python.python : '', sandbox.write('recipe.py', here(text))),
        ),
      );
    }
    if (language === 'js') {
      it(`${section}, JavaScript, block ${index}`, () =>
        house.withSandbox((sandbox) => {
          symlinkSync(join(root, 'node_modules'), join(sandbox.work, 'node_modules'));
          return says(sandbox, process.execPath, sandbox.write('recipe.mjs', here(text)));
        }));
    }
  }

  async function says(sandbox: Sandbox, command: string, file: string): Promise<void> {
    const { stdout, stderr } = await sandbox.run({ command, args: [file], env: env(), deadlineMs: 100_000 });
    assert.match(stdout, /^hello$/m, stderr);
  }
});

describe('what the guide says of programs that cannot be run', () => {
  for (const [section, skip] of Object.entries(CANNOT_RUN))
    it(`${section} is set up as the guide says`, { skip }, () => {});

  it('LibreChat’s file names groups and the address', () => {
    const { endpoints } = parse(blockOf('LibreChat', 'yaml')) as {
      endpoints: { custom: { baseURL: string; models: { default: string[] }; titleModel: string }[] };
    };
    const [sluice] = endpoints.custom;
    const groups = GROUPS.map(({ group }) => group);
    assert.equal(sluice?.baseURL, 'http://host.docker.internal:4000/v1');
    for (const name of [...sluice.models.default, sluice.titleModel]) assert.ok(groups.includes(name), name);
  });

  it('the configuration makes the groups of the recipes', () => {
    const [, text = ''] = /^```yaml\n([\s\S]*?)^```$/m.exec(PAGE) ?? [];
    const { config, findings } = loadText(text, { env: { ANTHROPIC_API_KEY: 'a', OPENAI_API_KEY: 'b' } });
    assert.deepEqual(findings, []);
    for (const { group, model } of GROUPS.slice(0, 2)) {
      const { model: known, provider } = config?.deployments.find((each) => each.group === group) ?? {};
      assert.equal(`${provider}/${known}`, model);
    }
  });

  it('no section is left out', () => {
    const run = new Set([...PROGRAMS.map(({ section }) => section), ...Object.keys(CANNOT_RUN)]);
    const left = BLOCKS.filter(({ section, language }) => !run.has(section) && language !== 'py' && language !== 'js');
    assert.deepEqual(left, []);
  });
});
