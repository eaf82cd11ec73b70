import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { makeModerationInspector } from './inspect.ts';

const inspect = makeModerationInspector();

/** The highest category of a text that must be flagged. */
function flaggedAs(text: string): string | undefined {
  const { flagged, spans } = inspect(text);
  return flagged ? spans[0]?.type : undefined;
}

test('each category is found in a plain case', () => {
  assert.equal(flaggedAs('Free hardcore porn videos, naked milf sluts want anal sex, xxx cam tube'), 'sexual');
  assert.equal(flaggedAs('I hate all these immigrants, they are vermin and should be exterminated.'), 'hate');
  assert.equal(
    flaggedAs('I know where you live and I will kill you and your family tonight with my knife.'),
    'violence',
  );
  assert.equal(
    flaggedAs('I keep cutting my wrists every night and I want to kill myself, no one would miss me.'),
    'self-harm',
  );
  assert.ok(
    flaggedAs('Shut the fuck up, you pathetic piece of shit, you stupid asshole, no one likes you.') !== undefined,
  );
});

test('talk about these things, and rude words without a victim, pass', () => {
  for (const text of [
    'How do I kill a process that blocks port 8080?',
    'The police said that three people were killed in an attack in the capital on Monday.',
    'What are the symptoms of breast cancer and when should I see a doctor?',
    'The Holocaust was the genocide of six million Jews; the museum remembers the victims.',
    'This damn printer is killing me, I hate Mondays!',
    'Muslims celebrate the end of Ramadan with their families.',
    'My therapist helped me a lot; I have been in recovery for two years.',
  ])
    assert.equal(flaggedAs(text), undefined, text);
});

test('the score is that of the highest category, and every category has one', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
      const { score, categories = {} } = inspect(text);
      assert.ok(score >= 0 && score < 1);
      assert.equal(Object.keys(categories).length, 8);
      assert.ok(Math.abs(Math.max(...Object.values(categories)) - score) < 1e-12);
    }),
  );
});
