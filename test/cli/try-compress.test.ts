/** `sluice try compress`: what it prints for bodies of chats. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { COMMAND, temporaryFolder } from './sluice-process.ts';

interface Row {
  readonly error?: string;
  readonly body: { readonly messages: readonly { readonly role: string; readonly content: string }[] };
  readonly before: number;
  readonly after: number;
}

function tryOut(context: TestContext, input: string, ...flags: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, 'try', 'compress', ...flags], {
    cwd: temporaryFolder(context),
    input,
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  const lines = stdout.split('\n').filter((line) => line !== '');
  return { code: status, stderr, lines, rows: lines.map((line) => JSON.parse(line) as Row) };
}

const PLACES = ['harbour', 'museum', 'library', 'station', 'castle', 'bridge', 'theatre', 'market', 'garden', 'tower'];
const passages = PLACES.map(
  (place, at) =>
    `The ${place}\nThe ${place} stands at the end of a long street. It was built in ${1901 + at} by the firm of Number${at} & Sons. Many people walk past it every day, and few of them look up.`,
);
const user = (content: string) => ({ role: 'user', content });
const body = (...messages: readonly { role: string; content: string }[]) => JSON.stringify({ model: 'm', messages });
const QUESTION = 'Who built the castle?';
const SYSTEM = { role: 'system', content: 'Answer in one word, and never guess.' };

test('what answers the question stays, wherever the passages stand, and the ratio is kept', (context) => {
  const layouts = [
    body(SYSTEM, ...passages.map(user), user(QUESTION)),
    body(SYSTEM, user(passages.join('\n\n')), user(QUESTION)),
    body(SYSTEM, user(`${passages.join('\n\n')}\n\nQuestion: ${QUESTION}`)),
    body(
      user(passages.join('\n\n').replaceAll('.', '.')),
      { role: 'assistant', content: 'I read it.' },
      user(QUESTION),
    ),
  ];
  const { code, stderr, lines, rows } = tryOut(context, layouts.join('\n'), '--ratio', '0.3');
  assert.deepEqual([code, stderr, rows.length], [0, '', layouts.length]);
  rows.forEach(({ body: kept, before, after }, at) => {
    const sent = JSON.stringify(kept);
    const layout = layouts[at] as string;
    assert.ok(lines[at]?.startsWith(`{"body":${sent},"before":`), 'the bytes are those of the body');
    assert.ok(sent.length <= layout.length * 0.3, `${sent.length} of ${layout.length}`);
    assert.match(sent, /Number4 & Sons/);
    assert.ok(kept.messages.at(-1)?.content.endsWith(QUESTION));
    assert.equal(sent.includes(SYSTEM.content), layout.includes(SYSTEM.content));
    assert.ok(after < before * 0.4 && after > 0, `${after} of ${before} tokens`);
  });
});

test('without a ratio a text stays as it is, and a line that is no request is named in its place', (context) => {
  const whole = body(...passages.map(user), user(QUESTION));
  const { code, lines, rows } = tryOut(context, `${whole}\nnot JSON\n{"prompt":"x"}\n[]\n`);
  assert.equal(code, 1);
  assert.ok(lines[0]?.startsWith(`{"body":${whole},`));
  assert.equal(rows[0]?.before, rows[0]?.after);
  assert.deepEqual(
    rows.slice(1).map(({ error }) => error?.slice(0, 8)),
    ['line 2: ', 'line 3: ', 'line 4: '],
  );
});

test('the ratio is a part of the whole', (context) => {
  for (const ratio of ['0', '1.5', '30%', '-1']) {
    const { code, stderr } = tryOut(context, '', `--ratio=${ratio}`);
    assert.equal(code, 2, ratio);
    assert.match(stderr, /--ratio must be a part from 0 to 1/);
  }
});
