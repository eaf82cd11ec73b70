/** What is left of answers after compression. */
import { compressPrompt } from '../../src/features/compression/compress-prompt.ts';
import { readTurns } from '../../src/formats/prompt-texts.ts';
import { readEnvelope } from '../../src/wire/envelope.ts';
import { MEETING_LAYOUTS, meetings, SEARCH_LAYOUTS, searchRows, searchSets } from './sets.ts';

interface Compressed {
  readonly text: string;
  readonly ratio: number;
  readonly ms: number;
}

function compressed(body: unknown, ratio: number): Compressed {
  const before = JSON.stringify(body);
  const bytes = Buffer.from(before);
  const startMs = performance.now();
  const envelope = readEnvelope(bytes);
  if (!envelope.ok) throw new Error(envelope.reason);
  const after = compressPrompt(bytes, readTurns(bytes, envelope, 'openai-chat'), { ratio, of: 'body' }).body.toString(
    'utf8',
  );
  const ms = performance.now() - startMs;
  const { messages } = JSON.parse(after) as { messages: readonly { content: string }[] };
  return {
    text:
      messages
        .slice(0, -1)
        .map(({ content }) => content)
        .join('\n') + (messages.length === 1 ? messages[0]?.content : ''),
    ratio: after.length / before.length,
    ms,
  };
}

const share = (part: number, whole: number): string => (part / whole).toFixed(4);

/** Each so many-th question only. */
const step = Number(process.argv[2] ?? 1);
const rows = searchRows();
if (rows === undefined) process.stdout.write('skipped: ../shared/data/compression/nq-passages.jsonl is absent\n');
if (rows !== undefined) {
  const sets = searchSets(rows);
  for (const [name, layout] of Object.entries(SEARCH_LAYOUTS)) {
    const line: string[] = [];
    for (const ratio of [0.3, 0.1]) {
      let kept = 0;
      let strict = 0;
      let most = 0;
      let count = 0;
      let ms = 0;
      rows.forEach((row, index) => {
        if (index % step !== 0) return;
        const passages = (sets[index] as readonly number[]).flatMap((at) => rows[at] ?? []);
        const { text, ratio: left, ms: took } = compressed(layout(passages, row.question), ratio);
        const small = text.toLowerCase();
        if (row.answers.some((answer) => small.includes(answer.toLowerCase()))) kept += 1;
        if (row.answers.some((answer) => text.includes(answer))) strict += 1;
        most = Math.max(most, left);
        count += 1;
        ms += took;
      });
      line.push(
        `${ratio}: ${share(kept, count)} (same case ${share(strict, count)}; most ${most.toFixed(3)}; ${(ms / count).toFixed(1)} ms)`,
      );
    }
    process.stdout.write(`NQ      ${name.padEnd(38)} ${line.join('   ')}`.concat('\n'));
  }
}
const talks = meetings();
if (talks === undefined) process.stdout.write('skipped: ../shared/data/compression/qmsum-meetings.jsonl is absent\n');
if (talks !== undefined) {
  for (const [name, layout] of Object.entries(MEETING_LAYOUTS)) {
    const line: string[] = [];
    for (const ratio of [0.3, 0.1]) {
      let turnsKept = 0;
      let charactersKept = 0;
      let most = 0;
      let count = 0;
      let ms = 0;
      let number = 0;
      for (const meeting of talks) {
        for (const { query, spans } of meeting.queries) {
          number += 1;
          if (number % step !== 0) continue;
          const { text, ratio: left, ms: took } = compressed(layout(meeting, query), ratio);
          const gold = new Set(
            spans.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, at) => from + at)),
          );
          let turns = 0;
          let all = 0;
          let characters = 0;
          let found = 0;
          for (const at of gold) {
            const turn = meeting.turns[at];
            if (turn === undefined) continue;
            all += 1;
            characters += turn[1].length;
            if (!text.includes(name.endsWith('no names') ? turn[1] : `${turn[0]}: ${turn[1]}`)) continue;
            turns += 1;
            found += turn[1].length;
          }
          turnsKept += turns / all;
          charactersKept += found / characters;
          most = Math.max(most, left);
          count += 1;
          ms += took;
        }
      }
      line.push(
        `${ratio}: turns ${share(turnsKept, count)} characters ${share(charactersKept, count)} (most ${most.toFixed(3)}; ${(ms / count).toFixed(1)} ms)`,
      );
    }
    process.stdout.write(`QMSum   ${name.padEnd(38)} ${line.join('   ')}`.concat('\n'));
  }
}
