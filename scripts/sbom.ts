/** Makes the software bill of materials that the package carries: every runtime dependency of the lock file, in CycloneDX's JSON. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One entry of `packages` in package-lock.json (npm's lock file, version 3). */
interface LockedPackage {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly optional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

type Packages = Readonly<Record<string, LockedPackage>>;

interface Component {
  readonly type: 'library';
  readonly 'bom-ref': string;
  readonly name: string;
  readonly group?: string;
  readonly version: string;
  readonly purl: string;
  readonly scope: 'required' | 'optional';
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses?: readonly object[];
}

/** A bill of materials (https://cyclonedx.org/docs/1.6/json/, read 2026-11-28); the same lock file makes the same bill. */
export function billOfMaterials(packages: Packages): object {
  const root = packages[''];
  if (root?.name === undefined || root.version === undefined) throw new Error('package-lock.json names no package.');
  const runtime = Object.keys(packages).filter((path) => path !== '' && isRuntime(packages[path]));
  const self = purlOf(root.name, root.version);
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: serialNumberOf(packages, runtime),
    version: 1,
    metadata: {
      component: { type: 'application', 'bom-ref': self, name: root.name, version: root.version, purl: self },
    },
    components: runtime.map((path) => componentOf(path, packages[path] ?? {})),
    dependencies: [
      { ref: self, dependsOn: dependsOn('', packages) },
      ...runtime.map((path) => ({ ref: refOf(path, packages[path] ?? {}), dependsOn: dependsOn(path, packages) })),
    ],
  };
}

function isRuntime(locked: LockedPackage | undefined): boolean {
  return locked?.version !== undefined && locked.dev !== true && locked.link !== true;
}

/** `@scope/name` for `node_modules/a/node_modules/@scope/name`. */
function nameAt(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

function purlOf(name: string, version: string): string {
  return `pkg:npm/${name.replace(/^@/, '%40')}@${version}`;
}

function refOf(path: string, { version = '' }: LockedPackage): string {
  return purlOf(nameAt(path), version);
}

function componentOf(path: string, locked: LockedPackage): Component {
  const name = nameAt(path);
  const [group, plain] = name.startsWith('@') ? name.split('/') : [undefined, name];
  return {
    type: 'library',
    'bom-ref': refOf(path, locked),
    ...(group !== undefined && { group }),
    name: plain ?? name,
    version: locked.version ?? '',
    purl: refOf(path, locked),
    scope: locked.optional === true ? 'optional' : 'required',
    ...(locked.integrity !== undefined && { hashes: hashesOf(locked.integrity) }),
    ...(locked.license !== undefined && { licenses: [licenseOf(locked.license)] }),
  };
}

/** npm writes `sha512-` and base64; CycloneDX wants the algorithm's name and hexadecimal. */
function hashesOf(integrity: string): { alg: string; content: string }[] {
  const names: ReadonlyMap<string, string> = new Map([
    ['sha1', 'SHA-1'],
    ['sha256', 'SHA-256'],
    ['sha384', 'SHA-384'],
    ['sha512', 'SHA-512'],
  ]);
  return integrity.split(' ').flatMap((each) => {
    const dash = each.indexOf('-');
    const alg = names.get(each.slice(0, dash));
    return alg === undefined ? [] : [{ alg, content: Buffer.from(each.slice(dash + 1), 'base64').toString('hex') }];
  });
}

function licenseOf(license: string): object {
  return / (?:OR|AND|WITH) |^\(/.test(license) ? { expression: license } : { license: { id: license } };
}

/** What a package needs, found as Node.js finds it: in its own folder first, then in each one above. */
function dependsOn(path: string, packages: Packages): string[] {
  const { dependencies, optionalDependencies } = packages[path] ?? {};
  const refs = new Set<string>();
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const found = resolve(path, name, packages);
    if (found !== undefined) refs.add(refOf(found, packages[found] ?? {}));
  }
  return [...refs].sort();
}

function resolve(from: string, name: string, packages: Packages): string | undefined {
  let folder = from;
  while (folder !== '') {
    const path = `${folder}/node_modules/${name}`;
    if (isRuntime(packages[path])) return path;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')));
  }
  const path = `node_modules/${name}`;
  return isRuntime(packages[path]) ? path : undefined;
}

/** A UUID made from the content, so that two builds of one commit are equal byte for byte. */
function serialNumberOf(packages: Packages, runtime: readonly string[]): string {
  const hash = createHash('sha256').update(packages['']?.version ?? '');
  for (const path of runtime) hash.update(`\n${path} ${packages[path]?.version} ${packages[path]?.integrity}`);
  const hex = hash.digest('hex');
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The bill of a checkout as text. */
export function readBillOfMaterials(root: string): string {
  const lock: { packages: Packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return `${JSON.stringify(billOfMaterials(lock.packages), null, 2)}\n`;
}
