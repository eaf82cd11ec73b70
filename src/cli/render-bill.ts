/** A comparison of a bill with the ledger, for people. */
import { agreement, type BillReport, type Difference } from '../billing/report.ts';
import { printable } from '../core/printable.ts';
import { renderTable } from './render-table.ts';

const MOST_LINES = 20;
const MOST_CALLS = 3;

/** The report as text. */
export function renderBill(report: BillReport, least: number): string {
  const { provider, from, to, matched, matched_requests, prices_agree, provider_usd, ledger_usd, requests } = report;
  const word = agreement(report) >= least ? 'agrees' : 'DOES NOT AGREE';
  const lines = [
    `${provider}, ${from} to ${to}: ${word} (at least ${percent(least)})\n`,
    `  Matched tokens, by price  ${percent(matched)}\n`,
    matched_requests === null
      ? '  Matched requests          the provider does not count them\n'
      : `  Matched requests          ${percent(matched_requests)} (${requests.provider} billed, ${requests.ledger} booked)\n`,
    prices_agree === null
      ? '  Prices                    the bill says no costs\n'
      : `  Prices agree              ${percent(prices_agree)}\n`,
    `  Billed                    ${provider_usd ?? 'unknown'} USD\n`,
    `  Booked                    ${ledger_usd} USD\n`,
  ];
  if (report.prices.length > 0) lines.push('\nPrices that differ (USD for a million tokens):\n', pricesTable(report));
  if (report.differences.length > 0)
    lines.push('\nDifferences:\n', ...report.differences.slice(0, MOST_LINES).map(difference));
  const more = report.more_differences + Math.max(0, report.differences.length - MOST_LINES);
  if (more > 0) lines.push(`  … and ${more} more (--json lists up to 1000).\n`);
  lines.push(namedLine('Calls without a price', report.unpriced), namedLine('Orphans', report.orphans));
  for (const { key, requests: count } of report.elsewhere)
    lines.push(`Not compared: the key ${printable(key)}, which this gateway does not use (${count} requests).\n`);
  for (const { what, usd } of report.other_costs) lines.push(`Not compared: ${printable(what)}, ${usd} USD.\n`);
  for (const note of report.notes) lines.push(`Note: ${printable(note)}\n`);
  return lines.join('');
}

function percent(share: number): string {
  // Never rounded up to a hundred.
  return `${(Math.floor(share * 1_000_000) / 10_000).toFixed(4).replace(/\.?0+$/, '')} %`;
}

function pricesTable({ prices }: BillReport): string {
  return renderTable(
    ['model', 'tier', 'kind', 'billed at', 'booked at', 'differ by', 'USD in all'],
    prices.map((each) => [
      ...[each.model, each.tier, each.kind, each.provider_usd_per_million, each.ledger_usd_per_million],
      ...[`${each.percent} %`, each.usd],
    ]),
    ['left', 'left', 'left', 'point', 'point', 'right', 'point'],
  );
}

const WHAT: Readonly<Record<Difference['what'], string>> = {
  'not-in-ledger': 'billed, not booked',
  'not-in-bill': 'booked, not billed',
  'counts-differ': 'other counts',
};

function difference({ what, model, key, date, from, to, requests, tokens, usd, calls, why }: Difference): string {
  const when = from === null ? date : to === null ? from : `${from.slice(0, 16)} to ${to.slice(11, 16)} UTC`;
  const counted = Object.entries(tokens).map(([kind, count]) => `${count} ${kind}`);
  const asked =
    requests === null || requests === 0
      ? []
      : [`${Math.abs(requests)} ${Math.abs(requests) === 1 ? 'request' : 'requests'}`];
  const named =
    calls.length === 0
      ? ''
      : ` Calls: ${calls.slice(0, MOST_CALLS).join(', ')}${calls.length > MOST_CALLS ? ', …' : ''}.`;
  const whose = key === null ? '' : `, key ${key}`;
  return `  ${WHAT[what]}: ${printable(model)}${printable(whose)}, ${when}: ${[...asked, ...counted].join(', ')} (${usd} USD). ${why}${named}\n`;
}

function namedLine(what: string, { count, calls }: BillReport['unpriced']): string {
  if (count === 0) return '';
  const shown = calls.slice(0, MOST_CALLS).join(', ');
  return `${what}: ${count} (${shown}${count > MOST_CALLS ? ', …' : ''})\n`;
}
