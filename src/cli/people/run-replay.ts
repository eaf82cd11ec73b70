/** `sluice replay`. */
import { systemClock } from '../../core/clock.ts';
import { openReplayWorld, type ReplayStores } from '../../gateway/replay-world.ts';
import { readDeclared } from '../../tenancy/declared.ts';
import { UsageError } from '../read-arguments.ts';
import { renderReplay } from '../render-replay.ts';
import { Identities } from '../replay/identities.ts';
import { Latencies } from '../replay/latencies.ts';
import { callsIn } from '../replay/recorded-call.ts';
import { Recordings } from '../replay/recordings.ts';
import { Replay } from '../replay/replay.ts';
import type { ReplayReport } from '../replay/replay-report.ts';
import { ReplayTotals } from '../replay/replay-totals.ts';
import { VirtualClock } from '../replay/virtual-clock.ts';
import { writeOut } from '../terminal.ts';
import { momentOf } from './days.ts';
import { targetOf } from './import-target.ts';
import { ledgerFor } from './ledger-for.ts';
import { Progress } from './progress.ts';
import type { ReplayFlags } from './replay-flags.ts';

const DAY_MS = 86_400_000;
const USUAL = '7d';

/** Runs it; resolves to the exit code. */
export async function runReplay(flags: ReplayFlags, env: NodeJS.ProcessEnv): Promise<number> {
  const span = spanOf(flags, systemClock.nowMs());
  const target = targetOf(flags.config, env, true);
  const before = flags.baseline === undefined ? undefined : targetOf(flags.baseline, env, true);
  if (target === undefined || (flags.baseline !== undefined && before === undefined)) return 2;
  const progress = new Progress();
  const source = await ledgerFor(flags, target, env);
  try {
    const latencies = new Latencies();
    let rows = 0;
    for await (const row of source.ledger.rows(span.fromMs, span.toMs)) {
      latencies.learn(row);
      rows += 1;
      progress.show('Times:', rows);
    }
    const clock = new VirtualClock(span.fromMs);
    const declared = readDeclared(target.config);
    const stores = openReplayWorld({
      clock,
      declared,
      config: target.config,
      database: source.database,
      seedToMs: span.fromMs,
    });
    const identities = new Identities(stores.tenants, target.masterKey, clock);
    const stored = source.database?.recordings;
    const isEmpty = stored === undefined || (await stored.isEmpty());
    const recordings = new Recordings(isEmpty ? undefined : stored, env, target.masterKey);
    const replay = new Replay({
      ...{ config: target.config, baseline: before?.config, clock, latencies, env, log: target.log },
      ...{ claims: stores.claims, tenants: stores.tenants, masterKey: target.masterKey },
      identityOf: identities.of,
      bodyOf: recordings.of,
    });
    const totals = new ReplayTotals();
    let calls = 0;
    try {
      for await (const call of callsIn(source.ledger.rows(span.fromMs, span.toMs))) {
        totals.add(await replay.replay(call));
        calls += 1;
        progress.show(`Of ${rows.toLocaleString('en-US')} rows, requests:`, calls);
      }
    } finally {
      await replay.close();
    }
    progress.end();
    const report = reportOf(totals, {
      span,
      bodies: recordings.found,
      unreadable: recordings.unreadable,
      hasBaseline: before !== undefined,
      stores,
      missing: identities.missing,
    });
    writeOut(flags.json === true ? `${JSON.stringify(report, null, 2)}\n` : renderReplay(report));
    return 0;
  } finally {
    progress.end();
    await source.close();
    await target.log.close();
    await before?.log.close();
  }
}

function spanOf({ from = USUAL, to }: ReplayFlags, nowMs: number): { readonly fromMs: number; readonly toMs: number } {
  const fromMs = momentOf('from', from, nowMs);
  const isDay = to !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(to);
  const toMs = to === undefined ? nowMs : momentOf('to', to, nowMs) + (isDay ? DAY_MS : 0);
  if (fromMs >= toMs) throw new UsageError('--from must be before --to.');
  return { fromMs, toMs };
}

/** What is said beside the sums. */
interface Said {
  readonly span: { readonly fromMs: number; readonly toMs: number };
  readonly bodies: number;
  readonly unreadable: number;
  readonly hasBaseline: boolean;
  readonly stores: ReplayStores;
  readonly missing: number;
}

function reportOf(
  totals: ReplayTotals,
  { span, bodies, unreadable, hasBaseline, stores, missing }: Said,
): ReplayReport {
  const sums = totals.report;
  const unknown: string[] = [
    'The expected quality: no router with scores is configured.',
    ...(bodies < sums.calls
      ? [
          `Words, tools and prefixes of ${(sums.calls - bodies).toLocaleString('en-US')} requests were not recorded: what hangs on them (new hits of the cache of answers, the prompt cache at another deployment, abilities that a model lacks) is left out, and their size is taken from the ledger.`,
        ]
      : []),
    ...(unreadable > 0
      ? [`What was recorded of ${unreadable} requests: it is sealed under another master key or salt key.`]
      : []),
    ...(totals.withoutTime > 0
      ? [`How long ${totals.withoutTime} moved requests take: nothing was recorded where they would go.`]
      : []),
    ...(sums.outcomes.newly_served > 0
      ? [`What ${sums.outcomes.newly_served} requests cost that were refused then and would be served now.`]
      : []),
    ...(stores.hasDirectory
      ? []
      : ['Stored keys, teams and budgets, and what was spent before: only the ledger of the gateway was read.']),
    ...(missing > 0
      ? [`The limits of ${missing} keys that are not stored any more: they are taken to have none.`]
      : []),
    'Budgets of deployments and providers, and providers’ own limits: they are not replayed.',
  ];
  return {
    ...{ from: new Date(span.fromMs).toISOString(), to: new Date(span.toMs).toISOString() },
    ...sums,
    recorded_bodies: bodies,
    expected_quality: null,
    assumptions: [
      'Another model reads and writes as many tokens as the one that answered.',
      'A moved request takes as long as recorded answers of as many tokens took where it goes, at the median; it is answered at the first attempt, with a cold prompt cache.',
      hasBaseline
        ? 'A request stays where it was answered unless the other configuration plans another first deployment for it than the one of then.'
        : 'A request stays where it was answered if that place may still answer it; under cost-based routing it goes where the plan puts it first. Name the configuration of then with --baseline to see what weights and strategies change.',
    ],
    unknown,
  };
}
