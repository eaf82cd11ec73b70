import { defined } from '../core/defined.ts';
import { type Ask, asker, type ServedFacts } from './ask-running.ts';
import type { Arguments } from './read-arguments.ts';
import {
  type OrphanList,
  renderAttempts,
  renderOrphans,
  renderSummary,
  type SpendAttempt,
  type SpendSummary,
} from './render-spend.ts';
import { writeError, writeOut } from './terminal.ts';

/**
 * `sluice spend`: asks the running gateway what was spent, by model where nothing else is asked, or about one request; 1 where it
 * does not answer or refuses.
 */
export async function spend(args: Arguments, env: NodeJS.ProcessEnv, served: ServedFacts): Promise<number> {
  const ask = asker(args, env, served);
  if (args.orphans) return orphans(args, ask);
  const query = new URLSearchParams(
    Object.entries(
      args.callId === undefined
        ? { group_by: args.by ?? 'model', start_date: args.from ?? '', end_date: args.to ?? '' }
        : { request_id: args.callId },
    ).filter(([, value]) => value !== ''),
  );
  const path = args.callId === undefined ? '/spend/summary' : '/spend/logs';
  const { status, text, body } = await ask(`${path}?${query}`, {});
  if (status !== 200 || body === undefined) {
    writeError(`The gateway answered with status ${status}: ${messageOf(body) ?? text.slice(0, 500)}\n`);
    return 1;
  }
  if (args.callId === undefined) {
    writeOut(args.json ? `${JSON.stringify(body, null, 2)}\n` : renderSummary(body as SpendSummary));
    return 0;
  }
  const attempts = (body as SpendAttempt[]).toSorted((one, other) => one.sluice.attempt - other.sluice.attempt);
  writeOut(args.json ? `${JSON.stringify(attempts, null, 2)}\n` : renderAttempts(attempts));
  return attempts.length === 0 ? 1 : 0;
}

/** Lists orphans, or corrects the one that is named. */
async function orphans(args: Arguments, ask: Ask): Promise<number> {
  const { attempt, costUsd, json } = args;
  if ((attempt === undefined) !== (costUsd === undefined)) {
    writeError('To correct an orphan, give both --attempt (from the list) and --cost (in USD).\n');
    return 1;
  }
  const query = new URLSearchParams(defined({ start_date: args.from, end_date: args.to, page_size: '1000' }));
  const { status, text, body } =
    attempt === undefined
      ? await ask(`/spend/orphans?${query}`, {})
      : await ask('/spend/orphans/correct', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ attempt_id: attempt, spend: costUsd }),
        });
  if (status !== 200 || body === undefined) {
    writeError(`The gateway answered with status ${status}: ${messageOf(body) ?? text.slice(0, 500)}\n`);
    return 1;
  }
  if (json) writeOut(`${JSON.stringify(body, null, 2)}\n`);
  else if (attempt === undefined) writeOut(renderOrphans(body as OrphanList));
  else writeOut(`Attempt ${attempt} is booked at ${(body as { readonly cost: string }).cost} USD now.\n`);
  return 0;
}

function messageOf(body: unknown): string | undefined {
  const { error } = (body ?? {}) as { readonly error?: { readonly message?: unknown } };
  return typeof error?.message === 'string' ? error.message : undefined;
}
