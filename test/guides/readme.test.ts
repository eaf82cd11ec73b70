/** What the README shows of clients works for somebody who has typed `npm start` and has no provider's key. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { NODE_FOLDER, SluiceProcess, temporaryFolder } from '../cli/sluice-process.ts';
import { npmProgram } from '../programs/npm-program.ts';
import { PYTHON_SDKS } from '../programs/python-packages.ts';
import { pythonProgram } from '../programs/python-program.ts';
import { ensureDebianPackage } from '../support/debian.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const PAGE = readFileSync(join(root, 'README.md'), 'utf8');

/** The one block that has some words in it. */
function blockWith(language: string, words: string): string {
  const blocks = [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))]
    .map(([, text]) => text ?? '')
    .filter((text) => text.includes(words));
  assert.equal(blocks.length, 1, `${blocks.length} blocks with ${words}`);
  return blocks[0] ?? '';
}

const claude = await npmProgram('claude-code');
const python = await pythonProgram(PYTHON_SDKS);

describe('the README’s tour, on a gateway without keys of providers', { timeout: 120_000 }, () => {
  const endings: (() => Promise<void> | void)[] = [];
  let folder = '';
  let url = '';
  before(async () => {
    const ending = { after: (end: () => Promise<void> | void) => void endings.push(end) };
    folder = temporaryFolder(ending);
    url = await new SluiceProcess(ending, { cwd: folder, args: ['--port', '0'] }).url();
  });
  after(async () => {
    for (const end of endings.reverse()) await end();
  });

  const here = (text: string): string => text.replaceAll('http://127.0.0.1:4000', url);
  const key = (): string => readFileSync(join(folder, 'data/master-key'), 'utf8').trim();
  const start = async (command: string, args: readonly string[], env: Record<string, string> = {}): Promise<string> => {
    const path = [join(folder, 'bin'), NODE_FOLDER, process.env.PATH].join(delimiter);
    const child = run(command, args, { cwd: folder, timeout: 60_000, env: { PATH: path, HOME: folder, ...env } });
    child.child.stdin?.end('Say: hello\n');
    return (await child).stdout;
  };

  it('curl', async () => {
    ensureDebianPackage('curl', 'curl');
    assert.match(await start('sh', ['-euc', here(blockWith('sh', 'curl'))]), /"object":"chat\.completion"/);
  });

  it('Python', { skip: 'skip' in python ? python.skip : false }, async () => {
    const code = here(blockWith('python', 'from openai')).replace('sk-…', key());
    assert.match(await start('python' in python ? python.python : '', ['-c', code]), /sluice/);
  });

  it('TypeScript', async () => {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'tour.ts'), here(blockWith('ts', 'import OpenAI')));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    assert.match(await start('node', ['tour.ts'], { SLUICE_KEY: key() }), /sluice/);
  });

  it('Claude Code', { skip: 'skip' in claude ? claude.skip : false }, async () => {
    const script = join(
      'folder' in claude ? claude.folder : '',
      'node_modules/@anthropic-ai/claude-code/cli-wrapper.cjs',
    );
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin/claude'), `#!/bin/sh\nexec node '${script}' "$@"\n`);
    chmodSync(join(folder, 'bin/claude'), 0o755);
    assert.match(await start('sh', ['-euc', here(blockWith('sh', 'claude --model'))]), /hello/);
  });
});
