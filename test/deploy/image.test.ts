/** The image, without an engine: what its Dockerfile copies is built and laid out in folders, and its entry point is run there. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { simulatorFor } from '../cli/simulated-config.ts';
import { NODE_FOLDER, SluiceProcess, temporaryFolder } from '../cli/sluice-process.ts';

const root = join(import.meta.dirname, '..', '..');
const DOCKERFILE = readFileSync(join(root, 'deploy', 'Dockerfile'), 'utf8');
const GUIDE = join(root, '..', 'shared', 'seeds', '6-compose.yaml');
const skip = existsSync(GUIDE) ? false : '../shared/seeds/6-compose.yaml is absent';
const KEY = 'sk-a-master-key-for-the-image-0123456789';

interface Stage {
  readonly copies: readonly { readonly from: string; readonly sources: readonly string[]; readonly target: string }[];
  readonly env: Readonly<Record<string, string>>;
  readonly entry: readonly string[];
  readonly command: readonly string[];
  readonly text: string;
}

/** The stages of the Dockerfile, in order. */
function readStages(): readonly Stage[] {
  const text = DOCKERFILE.replaceAll(/^#.*\n/gm, '').replaceAll('\\\n', ' ');
  return text
    .split(/^FROM /m)
    .slice(1)
    .map((part) => ({
      text: part,
      copies: [...part.matchAll(/^COPY (?:--from=(\w+) )?(.+)$/gm)].map(([, from = '', paths = '']) => {
        const words = paths.trim().split(/\s+/);
        return { from, sources: words.slice(0, -1), target: words.at(-1) ?? '' };
      }),
      env: Object.fromEntries(
        [...part.matchAll(/^ENV (.+)$/gm)].flatMap(([, pairs = '']) =>
          pairs
            .trim()
            .split(/\s+/)
            .map((pair) => pair.split('=')),
        ),
      ),
      entry: list(part, 'ENTRYPOINT'),
      command: list(part, 'CMD'),
    }));
}

function list(part: string, word: string): string[] {
  const found: unknown = JSON.parse(new RegExp(`^${word} (\\[.*\\])$`, 'm').exec(part)?.[1] ?? '[]');
  return Array.isArray(found) ? found.map(String) : [];
}

describe('The image', { timeout: 300_000 }, () => {
  let app: string;
  let image: Stage;

  const folder = temporaryFolder({ after });

  before(() => {
    const [build, final] = readStages();
    assert.ok(build && final);
    image = final;
    const at = join(folder, 'build');
    for (const { sources, target } of build.copies) {
      // As in a Dockerfile: of one folder its content, of several files each.
      for (const source of sources) {
        const to = target.endsWith('/') ? join(at, target, source) : join(at, target);
        cpSync(join(root, source), to, { recursive: true });
      }
    }
    // The packages of the checkout stand for those of `npm ci`.
    symlinkSync(join(root, 'node_modules'), join(at, 'node_modules'));
    assert.match(build.text, /^RUN npm run build && npm prune --omit=dev$/m);
    const built = spawnSync(process.execPath, [join(at, 'scripts', 'build.ts')], { cwd: at, encoding: 'utf8' });
    assert.equal(built.status, 0, built.stdout + built.stderr);

    app = join(folder, 'app');
    mkdirSync(app);
    for (const { from, sources, target } of final.copies) {
      for (const source of sources) {
        const origin = from === '' ? join(root, source) : join(at, source.replace(/^\/build\//, ''));
        const to = join(app, target, target.endsWith('/') ? (source.split('/').at(-1) ?? '') : '');
        mkdirSync(dirname(to), { recursive: true });
        cpSync(origin, to, { recursive: true });
      }
    }
  });

  /** Runs the entry point, as an engine would with these arguments. */
  function start(context: TestContext, args: readonly string[], env: Record<string, string>): SluiceProcess {
    const inTree = (path: string): string => path.replace(/^\/app\//, `${app}/`);
    const [program, ...rest] = image.entry.map(inTree);
    assert.equal(program, 'node');
    const folder = temporaryFolder(context);
    const settings = { ...image.env, HOST: '127.0.0.1', PORT: '0', SLUICE_DATA_DIR: join(folder, 'data'), ...env };
    const command = join(NODE_FOLDER, 'node');
    return new SluiceProcess(context, { cwd: folder, command, args: [...rest, ...args.map(inTree)], env: settings });
  }

  test('runs without rights, listens for others and keeps its data in a volume', () => {
    assert.equal(image.env.HOST, '0.0.0.0');
    assert.equal(image.env.SLUICE_DATA_DIR, '/data');
    assert.match(image.text, /^USER node$/m);
    assert.match(image.text, /^VOLUME \/data$/m);
    assert.match(image.text, /sluice\.sbom\.path="\/app\/dist\/sbom\.cdx\.json"/);
    assert.match(readFileSync(join(app, 'dist', 'sbom.cdx.json'), 'utf8'), /"CycloneDX"/);
  });

  test("answers as in the guide's own compose file, and its health check passes", { skip }, async (context) => {
    const guide: { services: Record<string, { command: string }> } = parse(readFileSync(GUIDE, 'utf8'));
    const { command = '' } = guide.services['litellm-1'] ?? {};
    const url = await simulatorFor(context);
    const env = { OPENAI_API_KEY: 'any', OPENAI_API_BASE: `${url}/v1`, GATEWAY_MASTER_KEY: KEY };
    const gateway = start(context, command.split(' '), env);
    const address = await gateway.url();
    const answer = await fetch(`${address}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Tell me of rivers.' }] }),
    });
    assert.equal(answer.status, 200, await answer.text());

    const [, check = '[]'] = /HEALTHCHECK[^\n]*CMD (\[.*\])/.exec(image.text) ?? [];
    const words: unknown = JSON.parse(check);
    assert.ok(Array.isArray(words));
    const probe = (port: string) =>
      spawnSync(join(NODE_FOLDER, 'node'), words.slice(1).map(String), { env: { PORT: port } }).status;
    assert.equal(probe(new URL(address).port), 0);
    assert.equal(probe('1'), 1);
  });

  test('starts without any key of a provider, and says so', async (context) => {
    const gateway = start(context, image.command, {});
    assert.equal((await fetch(`${await gateway.url()}/health/readiness`)).status, 200);
    assert.match(gateway.stdout + gateway.stderr, /no provider's key is in the environment/);
  });

  test('takes secrets from files', async (context) => {
    const folder = temporaryFolder(context);
    const file = (name: string, text: string): string => {
      const path = join(folder, name);
      writeFileSync(path, `${text}\n`);
      return path;
    };
    const url = await simulatorFor(context);
    const gateway = start(context, image.command, {
      OPENAI_API_BASE: `${url}/v1`,
      OPENAI_API_KEY_FILE: file('openai', 'any'),
      GATEWAY_MASTER_KEY_FILE: file('master', KEY),
    });
    const answer = await fetch(`${await gateway.url()}/v1/models`, { headers: { authorization: `Bearer ${KEY}` } });
    assert.equal(answer.status, 200);
    assert.doesNotMatch(gateway.stderr, new RegExp(KEY));

    const missing = start(context, image.command, { OPENAI_API_KEY_FILE: '/nowhere', REDIS_PASSWORD_FILE: folder });
    const { code, stderr } = await missing.ended;
    assert.equal(code, 2);
    assert.match(
      stderr,
      /OPENAI_API_KEY_FILE names a file that cannot be read \(ENOENT\); REDIS_PASSWORD_FILE names a file that is no file/,
    );
  });
});
