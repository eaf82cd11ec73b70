/** `sluice reconcile`. */
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Asking, type BillAnswer, ReportError } from '../../billing/ask-reports.ts';
import { keyView } from '../../billing/key-view.ts';
import { accessTo, billOf, listKeys } from '../../billing/provider-bill.ts';
import { CsvError, pagesOfFile } from '../../billing/read-csv.ts';
import { reconcile } from '../../billing/reconcile.ts';
import { agreement, type BillReport } from '../../billing/report.ts';
import { NO_RECONCILE, type ReconcileConfig } from '../../billing/settings.ts';
import type { BillSource } from '../../billing/sources.ts';
import type { GatewayConfig } from '../../config/gateway-config.ts';
import { systemClock } from '../../core/clock.ts';
import { ownValue } from '../../core/own-value.ts';
import type { BillQuery } from '../../providers/bill.ts';
import { findProvider, providers } from '../../providers/index.ts';
import type { Provider } from '../../providers/provider.ts';
import { UsageError } from '../read-arguments.ts';
import { renderBill } from '../render-bill.ts';
import { writeError, writeOut } from '../terminal.ts';
import { daysOf } from './days.ts';
import { targetOf } from './import-target.ts';
import { ledgerFor } from './ledger-for.ts';
import { Progress } from './progress.ts';
import type { ReconcileFlags } from './reconcile-flags.ts';

const USUAL_DAYS = 30;
const ANSWER_WITHIN_MS = 60_000;
const LARGEST_ANSWER = 64 * 1024 * 1024;

/** Runs it; resolves to the exit code. */
export async function runReconcile(flags: ReconcileFlags, env: NodeJS.ProcessEnv): Promise<number> {
  const span = daysOf(flags.from, flags.to, systemClock.nowMs(), USUAL_DAYS);
  const target = targetOf(flags.config, env, true);
  if (target === undefined) return 2;
  const settings = settingsOf(target.config);
  const least = leastOf(flags.min) ?? settings.least;
  const chosen = chosenProviders(flags, settings, env);
  const progress = new Progress();
  const source = await ledgerFor(flags, target, env);
  const reports: BillReport[] = [];
  try {
    for (const provider of chosen) {
      const { bill, keys } = await sourceOf(provider, { flags, settings, span, env, progress, config: target.config });
      reports.push(
        await reconcile({
          ...{ provider: provider.name, ...span, bill, keys, ledger: source.ledger, aliases: settings.aliases },
          onProgress: (what, count) => progress.show(`${provider.title}. ${what}`, count),
        }),
      );
    }
  } catch (error) {
    progress.end();
    if (!(error instanceof ReportError || error instanceof CsvError || error instanceof RangeError)) throw error;
    writeError(`${error.message}\n`);
    return 2;
  } finally {
    progress.end();
    await source.close();
    await target.log.close();
  }
  const isGood = reports.every((report) => agreement(report) >= least);
  writeOut(
    flags.json === true
      ? `${JSON.stringify({ min: least, ok: isGood, reports }, null, 2)}\n`
      : reports.map((report) => renderBill(report, least)).join('\n'),
  );
  return isGood ? 0 : 1;
}

function settingsOf({ features }: GatewayConfig): ReconcileConfig {
  return (ownValue(features, 'reconcile') as ReconcileConfig | undefined) ?? NO_RECONCILE;
}

function leastOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const percent = /^\d{1,3}(?:\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
  if (percent <= 100) return percent / 100;
  throw new UsageError(`--min must be a percentage from 0 to 100, not ${JSON.stringify(text)}.`);
}

function chosenProviders(
  flags: ReconcileFlags,
  settings: ReconcileConfig,
  env: NodeJS.ProcessEnv,
): readonly Provider[] {
  const named = (flags.provider ?? []).map((name) => {
    const found = findProvider(name);
    if (found != null) return found;
    throw new UsageError(`--provider: there is no provider ${JSON.stringify(name)}.`);
  });
  if (named.length > 1 && flags.csv !== undefined) throw new UsageError('With --csv name one --provider.');
  if (named.length > 0) return named;
  if (flags.csv !== undefined)
    throw new UsageError('With --csv name the provider whose bill it is: --provider openai.');
  const known = providers.filter(
    ({ name, bill }) =>
      ownValue(settings.providers, name) !== undefined || bill?.keyVariables.some((variable) => env[variable]) === true,
  );
  if (known.length > 0) return known;
  const variables = providers.flatMap(({ bill }) => bill?.keyVariables.slice(0, 1) ?? []);
  throw new UsageError(
    `There is no admin key to read a bill with: set ${variables.join(' or ')}, fill in \`reconcile.providers\`, or give files with --csv.`,
  );
}

/** What a bill is read with. */
interface Reading {
  readonly flags: ReconcileFlags;
  readonly settings: ReconcileConfig;
  readonly span: { readonly fromMs: number; readonly toMs: number };
  readonly env: NodeJS.ProcessEnv;
  readonly progress: Progress;
  readonly config: GatewayConfig;
}

async function sourceOf(provider: Provider, { flags, settings, span, env, progress, config }: Reading) {
  const own = ownValue(settings.providers, provider.name);
  const deployments = config.deployments
    .filter((each) => findProvider(each.provider)?.name === provider.name)
    .map(({ id, apiKey }) => ({ id, apiKey }));
  if (flags.csv !== undefined) {
    const bill = fileBill(flags.csv, provider);
    return { bill, keys: keyView([], [], own?.keys) };
  }
  const { reports, access } = accessTo(provider, own, env);
  const base = own?.baseUrl ?? reports.baseUrl;
  const asking: Asking = {
    ask: (query) => askAt(base, query),
    wait,
    title: provider.title,
    onPage: (pages) => progress.show(`${provider.title}. Page:`, pages),
  };
  const listed = await listKeys(reports, access, asking);
  return { bill: billOf(reports, access, span, asking), keys: keyView(deployments, listed, own?.keys) };
}

function fileBill(files: readonly string[], provider: Provider): BillSource {
  const forms = provider.bill?.files ?? [];
  return {
    async *pages() {
      for (const file of files) {
        const text = createReadStream(file, 'utf8');
        yield* pagesOfFile({ name: basename(file), text }, forms, (name) => findProvider(name)?.name === provider.name);
      }
    },
    fine: undefined,
  };
}

/** Asks the reports. Redirects are not followed: the key would go with them. */
async function askAt(base: string, { path, headers, body }: BillQuery): Promise<BillAnswer> {
  try {
    const response = await fetch(base.replace(/\/+$/, '') + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { accept: 'application/json', 'user-agent': 'sluice', ...headers },
      ...(body !== undefined && { body }),
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const text = await response.text();
    if (text.length > LARGEST_ANSWER) return { fault: 'the answer is too long' };
    return { status: response.status, text, retryAfter: response.headers.get('retry-after') ?? undefined };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { fault: error.cause instanceof Error ? error.cause.message : error.message };
  }
}
