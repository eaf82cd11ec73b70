/** Whether the counters that decide have exactly what the ledger has, and hold nothing: seen from outside. */
import { Agent } from 'node:http';
import type { JsonObject } from '../../src/core/json.ts';
import { formatUsd } from '../../src/core/money.ts';
import { type Instance, until } from './instances.ts';
import { post } from './race.ts';

const LESS_USD = 1e-9;
let asked = 0;

/**
 * A budget of what was spent and one more hold lets in one more request with its whole hold; with a hair less, it does not. Gives
 * what is not so, or undefined. Holds may be given back until `withinMs` are over.
 */
export async function countedApart(instance: Instance, key: string, withinMs = 10_000): Promise<string | undefined> {
  const agent = new Agent();
  const holdOf = async (): Promise<number> => {
    const number = `counted-${++asked}`;
    const body = { model: 'm', messages: [{ role: 'user', content: 'Tell me of river x.' }], max_tokens: 40 };
    await post(agent, instance.url, key, body, { 'x-litellm-spend-logs-metadata': JSON.stringify({ number }) });
    await until(async () => (await instance.metric('sluice_journal_waiting')) === 0, 'the journal is in the ledger');
    const row = (await instance.rowsSince(Date.now() - 10_000)).find((each) => each.number === number);
    return Number(formatUsd(row?.hold ?? 0n));
  };
  const limitTo = async (left: number): Promise<void> => {
    const { info } = await instance.manage(`/key/info?key=${key}`);
    const max = Number((Number((info as JsonObject).spend) + left).toFixed(12));
    await instance.manage('/key/update', { key, max_budget: max });
  };
  try {
    await limitTo(1);
    const usual = await holdOf();
    const deadline = performance.now() + withinMs;
    for (;;) {
      await limitTo(usual);
      const exact = await holdOf();
      await limitTo(usual - LESS_USD);
      const less = await holdOf();
      if (exact === usual && less < usual) return undefined;
      if (performance.now() < deadline) continue;
      return exact < usual
        ? `more is counted than was spent: ${exact} of ${usual} USD are left`
        : 'less is counted than was spent';
    }
  } finally {
    agent.destroy();
  }
}
