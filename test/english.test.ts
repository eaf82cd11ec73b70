/** The word list: what it finds, and where it looks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { englishFindings } from '../scripts/check-english.ts';
import { AVOIDED_WORDS } from '../scripts/english/words.ts';

/** For each entry of the list, in its order: a sentence that it finds. */
const EXAMPLES = [
  'The client is told.',
  'They are told apart by id.',
  'Nobody waits.',
  'Whoever comes first wins.',
  'It starts anew.',
  'Throws where it is none.',
  'A key stands for itself.',
  'It is dropped without a word.',
  'Redis is away.',
  'It is billed all the same.',
  'It is closed lest it leak.',
  'Mend it with npm.',
  'The cost is reckoned.',
  'What is said of it.',
  'What came of it.',
  'A file of ours.',
  'However many there are.',
];

test('every entry of the list finds its example, and suggests something else', () => {
  assert.equal(EXAMPLES.length, AVOIDED_WORDS.length);
  for (const [index, { pattern, instead }] of AVOIDED_WORDS.entries()) {
    assert.match(EXAMPLES[index] ?? '', pattern);
    assert.ok(instead.length > 3);
  }
});

test('comments, messages and names of tests are read; code and data are not', () => {
  const text = [
    '// Nobody waits.',
    "const nobody = 'nobody';",
    "test('a budget starts anew', () => {});",
    `const message = 'the database is away';`,
  ].join('\n');
  assert.deepEqual(
    englishFindings('src/a.ts', text).map((finding) => finding.split(':')[1]?.split(' ')[0]),
    ['1', '3', '4'],
  );
  assert.deepEqual(englishFindings('docs/a.md', 'Right away.\nIt keeps away from it.\nIt is away.'), [
    'docs/a.md:3 "away": write "unavailable", "removed", "absent"',
  ]);
});
