import { isJsonObject, type JsonObject, type JsonValue, objectsOf } from '../core/json.ts';
import { asker, type ServedFacts } from './ask-running.ts';
import type { Arguments } from './read-arguments.ts';
import { renderTable } from './render-table.ts';
import { writeError, writeOut } from './terminal.ts';

/** `sluice report cache`: what the semantic cache of the running gateway does or would have done; 1 if it is off. */
export async function reportCache(args: Arguments, env: NodeJS.ProcessEnv, served: ServedFacts): Promise<number> {
  const { status, text, body } = await asker(args, env, served)('/cache/semantic/report', {});
  if (status !== 200 || !isJsonObject(body)) {
    const { error } = isJsonObject(body) ? body : {};
    const said = isJsonObject(error) && typeof error.message === 'string' ? error.message : text.slice(0, 500);
    writeError(`The gateway answered with status ${status}: ${said}\n`);
    return 1;
  }
  writeOut(args.json ? `${JSON.stringify(body, null, 2)}\n` : rendered(body));
  return 0;
}

const PERCENT = 100;
const inPercent = (share: JsonValue | undefined): string =>
  typeof share === 'number' ? `${(PERCENT * share).toFixed(1)} %` : '–';
const plain = (value: JsonValue | undefined): string => (value === null || value === undefined ? '–' : String(value));

const HEAD = ['threshold', 'hits', 'of look-ups', 'same', 'different', 'undecided', 'false', '95 %', 'net saving'];

/** The report for people: a row for each threshold. */
function rendered(report: JsonObject): string {
  const { mode, threshold, guards, embedding_model: model, lookups, embedding_cost: cost, vectors } = report;
  const { place, entries, reason } = isJsonObject(vectors) ? vectors : {};
  const rows = objectsOf(report.thresholds).map((row) => [
    `${plain(row.threshold)}${row.threshold === threshold ? ' *' : ''}`,
    plain(row.hits),
    inPercent(row.hit_rate),
    ...[row.same, row.different, row.unsure].map(plain),
    inPercent(row.false_hit_rate),
    `${inPercent(row.false_hit_rate_low)} – ${inPercent(row.false_hit_rate_high)}`,
    plain(row.net_saving),
  ]);
  const kept = entries === undefined ? '' : `, ${plain(entries)} kept`;
  const facts = [
    `mode ${plain(mode)}, threshold ${plain(threshold)}, guards ${plain(guards)}, embedded by ${plain(model)}`,
    `questions are in ${plain(place)}${kept}${reason === undefined ? '' : ` (${plain(reason)})`}`,
    `${plain(lookups)} look-ups; their embeddings cost ${plain(cost)} USD`,
  ];
  if (report.is_embedding_paused === true) facts.push('the embedding model failed several times and is left alone now');
  const refused = Object.entries(isJsonObject(report.refused_by) ? report.refused_by : {});
  const guarded = refused.map(([guard, count]) => `${guard} ${plain(count)}`).join(', ');
  if (guarded !== '') facts.push(`the guards refused: ${guarded}`);
  return `${facts.join('\n')}\n\n${renderTable(
    HEAD,
    rows,
    HEAD.map(() => 'right' as const),
  )}`;
}
