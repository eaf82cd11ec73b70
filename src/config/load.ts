/** Loads a configuration from files: read, merge, fill in variables, read into the canonical shape, lint. */
import { LineCounter } from 'yaml';
import { type MapNode, member } from './config-node.ts';
import { deploymentsFromEnvironment } from './deployments-from-environment.ts';
import type { FeatureSettings } from './feature-settings.ts';
import { type Finding, Findings } from './finding.ts';
import type { GatewayConfig } from './gateway-config.ts';
import { GroupIndex } from './group-index.ts';
import { type KnownProvider, ProviderDirectory } from './known-providers.ts';
import { lintDraft, type PriceKnown } from './lint.ts';
import type { ProviderAddresses } from './provider-environment.ts';
import { readConfig } from './read-config.ts';
import { type ReadFile, readFiles, readFromDisk } from './read-files.ts';
import { ReadingContext } from './reading-context.ts';
import { type Environment, environmentWith, resolveVariables } from './variables.ts';

/** What a configuration is loaded with. */
export interface LoadOptions {
  /** The files, merged in this order. */
  readonly files: readonly string[];
  readonly env: Environment;
  readonly knownProviders: readonly KnownProvider[];
  /** Where providers are that a deployment gives no address of its own; what `env` says of it when absent. */
  readonly addresses?: ProviderAddresses;
  /** The settings that features bring. */
  readonly features?: readonly FeatureSettings[];
  /** What cannot be served is an error; otherwise the rest is served. */
  readonly isStrict?: boolean;
  /** Whether a price is known; if absent, prices under budgets are not checked. */
  readonly priceKnown?: PriceKnown;
  /** How a file is read; the file system when absent. */
  readonly readFile?: ReadFile;
}

/** A loaded configuration, or undefined if a finding is an error, with all findings. */
export interface LoadResult {
  readonly config?: GatewayConfig;
  readonly findings: readonly Finding[];
  /** Every file that was involved, included and missing ones too: what a watcher watches. */
  readonly files: readonly string[];
}

/** Loads and checks a configuration. Never throws for what a file holds; all findings come at once. */
export function loadConfig(options: LoadOptions): LoadResult {
  const findings = new Findings();
  const read = readFiles(options.files, options.readFile ?? readFromDisk, findings);
  const first = options.files[0] ?? '';
  const root = read.root ?? emptyRoot(first);
  const environment = environmentWith(member(root, 'environment_variables'), options.env, findings);
  resolveVariables(root, environment);
  const context = new ReadingContext(
    findings,
    environment,
    new ProviderDirectory(options.knownProviders),
    options.isStrict,
    options.addresses,
  );
  const draft = readConfig(root, options.features ?? [], context);
  const { deployments, unserved, choices } = draft.config;
  const withProvider = (model: string): string | undefined => context.providers.withProvider(model);
  const groups = new GroupIndex(deployments, draft.config.routing.aliases, unserved, withProvider, choices);
  // If a file could not be read, many names are unknown because of that: only the cause is reported then.
  if (read.root !== undefined) {
    lintDraft(draft, groups, root, context, options.priceKnown);
    if (!draft.hasModelList && !findings.hasErrors) {
      const message = 'there is no model_list, so this configuration alone serves no model';
      findings.addAt({ severity: 'note', code: 'empty-model-list', message, file: first, line: 0, column: 0 });
    }
  }
  context.reportUnusedIgnored();
  const notYetInEffect = context.reportLater();
  if (findings.hasErrors) return { findings: findings.list(read.files), files: read.files };
  const routing = { ...draft.config.routing, aliases: groups.flattened() };
  const config: GatewayConfig = { files: read.files, ...draft.config, routing, notYetInEffect };
  return { config, findings: findings.list(read.files), files: read.files };
}

/**
 * A configuration made from the provider keys in the environment: all models of each provider whose key is set, under its
 * prefix (`openai/*`) and under the names it is known for (`gpt-*`). Undefined if no key is set.
 */
export function configFromEnvironment(options: {
  readonly env: Environment;
  readonly knownProviders: readonly KnownProvider[];
  readonly features?: readonly FeatureSettings[];
}): GatewayConfig | undefined {
  const deployments = deploymentsFromEnvironment(options.knownProviders, options.env);
  if (deployments.length === 0) return undefined;
  const { config } = loadConfig({ ...options, files: [] });
  return config === undefined ? undefined : { ...config, deployments };
}

function emptyRoot(file: string): MapNode {
  const lines = new LineCounter();
  return { kind: 'map', source: { file, lines }, offset: 0, entries: new Map() };
}
