/** What deploy/ ships, read by the programs that it is for. None needs an engine. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { NODE_FOLDER, temporaryFolder } from '../cli/sluice-process.ts';
import { ensureDebianPackage } from '../support/debian.ts';

const deploy = join(import.meta.dirname, '..', '..', 'deploy');

interface Service {
  readonly image: string;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly healthcheck?: object;
  readonly secrets?: readonly { readonly source: string }[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly networks: Readonly<Record<string, { readonly ipv4_address?: string } | null>>;
  readonly deploy?: { readonly resources: { readonly limits: { readonly cpus: number; readonly memory: string } } };
  readonly stop_grace_period?: string;
}

/** compose.yaml as Compose itself understands it. */
function readCompose(context: Parameters<typeof temporaryFolder>[0]): Record<string, Service> {
  const binary = ensureDebianPackage('docker-compose', 'docker-compose');
  const folder = temporaryFolder(context);
  const text = readFileSync(join(deploy, 'compose.yaml'), 'utf8');
  writeFileSync(join(folder, 'compose.yaml'), text);
  mkdirSync(join(folder, 'secrets'));
  for (const [, name = ''] of text.matchAll(/file: \.\/secrets\/(\w+)/g))
    writeFileSync(join(folder, 'secrets', name), '');
  const read = spawnSync(binary, ['-p', 'sluice', '-f', 'compose.yaml', 'config'], { cwd: folder, encoding: 'utf8' });
  assert.equal(read.status, 0, read.stderr);
  return parse(read.stdout).services;
}

test('Compose reads the file; every service is limited, read-only, watched and without rights', (context) => {
  const services = readCompose(context);
  assert.deepEqual(Object.keys(services).sort(), [
    ...['grafana', 'nginx', 'postgres', 'prometheus', 'redis', 'sluice-1', 'sluice-2'],
  ]);
  for (const [name, service] of Object.entries(services)) {
    const { limits } = service.deploy?.resources ?? { limits: undefined };
    assert.ok(limits?.cpus && limits.memory, `${name} has limits`);
    assert.equal(service.read_only, true, name);
    assert.deepEqual(service.cap_drop, ['ALL'], name);
    assert.notEqual(service.user, 'root');
    // The image of the gateway has a health check and a user; Grafana's has a user.
    const isOurs = name.startsWith('sluice-');
    assert.ok(isOurs || service.healthcheck, `${name} is watched`);
    assert.ok(isOurs || name === 'grafana' || service.user, `${name} does not run as root`);
    // A secret in the environment would be shown by `docker inspect`.
    for (const [variable, value] of Object.entries(service.environment ?? {}))
      if (/KEY|PASSWORD|DATABASE_URL/.test(variable)) assert.match(String(value), /^\/run\/secrets\/\w+$/, variable);
    const given = (service.secrets ?? []).map(({ source }) => source);
    for (const value of Object.values(service.environment ?? {})) {
      const named = /^\/run\/secrets\/(\w+)$/.exec(String(value))?.[1];
      if (named !== undefined) assert.ok(given.includes(named), `${name} is given ${named}`);
    }
  }
  const inNginx = readFileSync(join(deploy, 'nginx.conf'), 'utf8').match(/(?<=server )[\d.]+(?=:4000)/g);
  const addresses = ['sluice-1', 'sluice-2'].map((name) => services[name]?.networks.inside?.ipv4_address);
  assert.deepEqual(inNginx, addresses, 'Nginx has the addresses of the instances');
});

test('Nginx accepts its file as it is', () => {
  const binary = ensureDebianPackage('nginx-light', 'nginx');
  const checked = spawnSync(binary, ['-t', '-c', join(deploy, 'nginx.conf'), '-e', '/dev/null'], { encoding: 'utf8' });
  assert.equal(checked.status, 0, checked.stderr);
});

test('systemd accepts the unit, and finds little that it could do', (context) => {
  const binary = ensureDebianPackage('systemd', 'systemd-analyze');
  const unit = join(temporaryFolder(context), 'sluice.service');
  // It looks for the program and the page of the manual, which are not installed here.
  const text = readFileSync(join(deploy, 'sluice.service'), 'utf8')
    .replace('/usr/local/bin/sluice', join(NODE_FOLDER, 'node'))
    .replace(/^Documentation=.*\n/m, '');
  writeFileSync(unit, text);
  const verified = spawnSync(binary, ['verify', '--man=no', unit], { encoding: 'utf8' });
  assert.equal(verified.status, 0, verified.stderr);
  assert.doesNotMatch(verified.stderr, /Unknown|Failed to parse|ignoring/i);
  const rated = execFileSync(binary, ['security', '--offline=true', '--no-pager', unit], { encoding: 'utf8' });
  const exposure = Number(/Overall exposure level for sluice\.service: ([\d.]+)/.exec(rated)?.[1]);
  assert.ok(exposure <= 2, `exposure ${exposure} of 10`);
  const [, stop = ''] = /TimeoutStopSec=(\d+)s/.exec(text) ?? [];
  assert.ok(Number(stop) > 30, 'answers under way are finished');
});

test('the chart has what a cluster needs, and every value that it names', () => {
  const chart = join(deploy, 'helm', 'sluice');
  const values: unknown = parse(readFileSync(join(chart, 'values.yaml'), 'utf8'));
  const templates = readdirSync(join(chart, 'templates')).map((name) => ({
    name,
    text: readFileSync(join(chart, 'templates', name), 'utf8'),
  }));
  const kinds = new Set(templates.flatMap(({ text }) => [...text.matchAll(/^kind: (\w+)$/gm)].map(([, kind]) => kind)));
  const wanted = [
    'StatefulSet',
    'Service',
    'ConfigMap',
    'PodDisruptionBudget',
    'HorizontalPodAutoscaler',
    'NetworkPolicy',
  ];
  for (const kind of wanted) assert.ok(kinds.has(kind), kind);
  for (const { name, text } of templates) {
    for (const [path = ''] of text.matchAll(/(?<=\.Values\.)[A-Za-z.]+/g)) {
      let found: unknown = values;
      for (const part of path.split('.')) {
        found = typeof found === 'object' && found !== null ? Reflect.get(found, part) : undefined;
      }
      assert.notEqual(found, undefined, `${name} names ${path}`);
    }
  }
});

const helm = spawnSync('helm', ['version', '--short']);
test("Helm's linter accepts the chart", { skip: helm.status === 0 ? false : 'helm is not installed' }, () => {
  const chart = join(deploy, 'helm', 'sluice');
  const linted = spawnSync('helm', ['lint', '--strict', chart], { encoding: 'utf8' });
  assert.equal(linted.status, 0, linted.stdout + linted.stderr);
  for (const flags of [[], ['--set', 'ingress.enabled=true,serviceMonitor.enabled=true,autoscaling.enabled=false']]) {
    const rendered = spawnSync('helm', ['template', 'x', chart, ...flags], { encoding: 'utf8' });
    assert.equal(rendered.status, 0, rendered.stderr);
  }
});
