/** Runs imports on the database that a configuration names, with or without gateways that serve from it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { GatewayConfig } from '../config/gateway-config.ts';
import { systemClock } from '../core/clock.ts';
import { newCallId } from '../core/ids.ts';
import { LitellmCipher } from '../moving/litellm/encrypted.ts';
import { importLitellm } from '../moving/litellm/import.ts';
import type { Report, Summary } from '../moving/report.ts';
import type { Database } from '../stores/contracts/database.ts';
import type { Kinds } from '../stores/contracts/directory.ts';
import type { ForeignTables } from '../stores/contracts/foreign-tables.ts';
import type { ImportedKinds } from '../stores/contracts/imported-kinds.ts';
import type { ImportRun, UndoneStep } from '../stores/contracts/imports.ts';
import { openForeignTables } from '../stores/postgres/foreign-tables.ts';
import type { Log } from '../telemetry/log.ts';
import { type Declared, readDeclared } from '../tenancy/declared.ts';
import { chargeImported, undoCharged } from './charge-imported.ts';
import { makeSeal } from './make-seal.ts';
import { openDatabase, openStores, type Stores } from './open-stores.ts';

/** Where objects are imported to. */
export interface ImportTarget {
  readonly config: GatewayConfig;
  readonly dataFolder: string;
  readonly masterKey: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
}

/** What is imported, and how. */
interface LitellmImport {
  readonly databaseUrl: string;
  readonly saltKey: string | undefined;
  readonly isDry: boolean;
  readonly report: Report;
}

/** What an import did. */
interface ImportResult {
  /** Undefined for a dry run. */
  readonly runId?: string;
  readonly summary: Summary;
}

/** Imports a database of LiteLLM. Without Redis it rejects while a gateway serves from the target: that would not see what was spent. */
export async function runLitellmImport(target: ImportTarget, wanted: LitellmImport): Promise<ImportResult> {
  const { config, env, masterKey } = target;
  const source = await openSource(wanted.databaseUrl);
  try {
    return await onTarget(target, wanted.isDry, async ({ database, stores }) => {
      const runId = newCallId(systemClock.nowMs());
      const summary = await importLitellm({
        source,
        imports: database.imports,
        isDeclared: declaredIn(readDeclared(config), config),
        keys: {
          cipher: wanted.saltKey === undefined ? undefined : new LitellmCipher(wanted.saltKey),
          seal: makeSeal(env, masterKey),
          env,
        },
        clock: systemClock,
        timeZone: config.budgets.timeZone,
        isDry: wanted.isDry,
        runId,
        report: wanted.report,
        ...(stores !== undefined &&
          config.redis !== undefined && {
            charge: (items) => chargeImported(items, { stores, config, clock: systemClock }),
          }),
      });
      return wanted.isDry ? { summary } : { runId, summary };
    });
  } finally {
    await source.close();
  }
}

/** Undoes the last run, or the one named if it is the last. Calls back for each part. */
export async function undoImport(
  target: ImportTarget,
  runId: string | undefined,
  onStep: (step: UndoneStep) => void,
): Promise<ImportRun> {
  const { config } = target;
  return await onTarget(target, false, async ({ database: { imports }, stores }) => {
    const [last] = await imports.runs();
    if (last === undefined) throw new Error('There is no import to undo.');
    if (runId !== undefined && runId !== last.id) {
      throw new Error(`Only the last import can be undone, which is ${last.id}: undo it first.`);
    }
    for (let isMore = true; isMore; ) {
      const step =
        stores === undefined || config.redis === undefined
          ? await imports.undo(last, systemClock.nowMs())
          : await undoCharged(imports, last, { stores, config, clock: systemClock });
      onStep(step);
      isMore = step.isMore;
    }
    return last;
  });
}

/** A source that does not answer must not be taken for the target. */
async function openSource(url: string): Promise<ForeignTables> {
  try {
    return await openForeignTables(url);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`LiteLLM’s database cannot be read: ${reason}`);
  }
}

const ALIVE_MS = 3_600_000;

/** Opens the database, for a dry run beside whatever serves from it, else alone or with a Redis that all share. */
export async function onTarget<Result>(
  { config, dataFolder, log }: ImportTarget,
  isDry: boolean,
  run: (opened: { readonly database: Database; readonly stores?: Stores }) => Promise<Result>,
): Promise<Result> {
  // Sockets to Redis keep no process alive.
  const keepAlive = setInterval(() => undefined, ALIVE_MS);
  try {
    if (isDry) {
      // A dry run makes no file.
      const hasFile = config.stores.databaseUrl !== undefined || existsSync(join(dataFolder, 'sluice.db'));
      const database = await openDatabase({ config, log, ...(hasFile && { dataFolder }) });
      return await run({ database }).finally(() => database.close());
    }
    const stores = await openStores({ config, dataFolder, clock: systemClock, log });
    return await run({ database: stores.database, stores }).finally(() => stores.close());
  } finally {
    clearInterval(keepAlive);
  }
}

/** Whether the configuration declares an object. */
export function declaredIn(
  declared: Declared,
  config: GatewayConfig,
): (kind: keyof ImportedKinds, id: string) => boolean {
  const kinds: { readonly [Kind in keyof Kinds]?: ReadonlyMap<string, unknown> } = {
    key: declared.keys,
    team: declared.teams,
    user: declared.users,
    organization: declared.organizations,
    customer: declared.customers,
    tag: declared.tags,
    credential: new Map(config.credentials.map((credential) => [credential.name, credential])),
    model: new Map(config.deployments.map((deployment) => [deployment.id, deployment])),
  };
  return (kind, id) => kind in kinds && (kinds[kind as keyof Kinds]?.has(id) ?? false);
}
