import { asker, type ServedFacts } from './ask-running.ts';
import type { Arguments } from './read-arguments.ts';
import { renderSavings, type SavingsReport } from './render-savings.ts';
import { writeError, writeOut } from './terminal.ts';

/** `sluice savings`: asks the running gateway what was saved and by what; 1 where it does not answer or refuses. */
export async function savings(args: Arguments, env: NodeJS.ProcessEnv, served: ServedFacts): Promise<number> {
  const query = new URLSearchParams(
    Object.entries({ group_by: args.by ?? 'mechanism', start_date: args.from ?? '', end_date: args.to ?? '' }).filter(
      ([, value]) => value !== '',
    ),
  );
  const { status, text, body } = await asker(args, env, served)(`/savings?${query}`, {});
  if (status !== 200 || body === undefined) {
    const { error } = (body ?? {}) as { readonly error?: { readonly message?: unknown } };
    const message = typeof error?.message === 'string' ? error.message : text.slice(0, 500);
    writeError(`The gateway answered with status ${status}: ${message}\n`);
    return 1;
  }
  writeOut(args.json ? `${JSON.stringify(body, null, 2)}\n` : renderSavings(body as SavingsReport));
  return 0;
}
