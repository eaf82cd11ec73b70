import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Difference, differenceOf } from './difference.ts';
import { readQuestion } from './reading.ts';

const differ = (one: string, other: string, isStrict = false): Difference | undefined => {
  const [left, right] = [readQuestion(one), readQuestion(other)];
  const found = differenceOf(left, right, isStrict);
  assert.equal(
    found === undefined,
    differenceOf(right, left, isStrict) === undefined,
    `${one} | ${other}: one way only`,
  );
  return found;
};

const DIFFERENT: readonly (readonly [Difference, string, string])[] = [
  ['numbers', 'How much are 5 apples?', 'How much are 6 apples?'],
  ['numbers', 'How much are five apples?', 'How much are six apples?'],
  ['numbers', 'What is 30 km in miles?', 'What is 30 m in miles?'],
  ['numbers', 'What happened in March?', 'What happened in April?'],
  ['numbers', 'What is new in Node v20.1?', 'What is new in Node v20.2?'],
  ['exact', 'What does `git pull` do?', 'What does `git push` do?'],
  ['exact', 'Is https://a.example/x safe?', 'Is https://a.example/y safe?'],
  ['exact', 'Mail it to ann@example.com', 'Mail it to bob@example.com'],
  ['exact', 'What is in /etc/hosts/a?', 'What is in /etc/hosts/b?'],
  ['names', 'Where was Ann born?', 'Where was Bob born?'],
  ['negation', 'Which birds can fly?', "Which birds can't fly?"],
  ['negation', 'Is it legal to park there?', 'Is it illegal to park there?'],
  ['negation', 'Welche Vögel können fliegen?', 'Welche Vögel können nicht fliegen?'],
  ['negation', 'Quels oiseaux volent ?', 'Quels oiseaux ne volent pas ?'],
  ['negation', '¿Qué pájaros vuelan?', '¿Qué pájaros no vuelan nunca?'],
  ['negation', 'Quali uccelli volano?', 'Quali uccelli non volano?'],
  ['negation', 'Quais aves voam?', 'Quais aves não voam?'],
  ['negation', '哪些鸟会飞？', '哪些鸟不会飞？'],
  ['contraries', 'How do I increase the volume?', 'How do I decrease the volume?'],
  ['contraries', 'Wie kann ich Aktien kaufen?', 'Wie kann ich Aktien verkaufen?'],
  ['kind', 'Who built the tower?', 'When was the tower built?'],
  ['kind', 'Can tenants paint the walls?', 'Must tenants paint the walls?'],
  ['kind', 'Is the bridge closed?', 'Was the bridge closed?'],
  ['kind', 'How do I learn to swim?', 'Why do I learn to swim?'],
  ['kind', 'Summarise the story of the fox.', 'Translate the story of the fox.'],
  ['language', 'How do I say good day in Italian?', 'How do I say good day in Polish?'],
  ['language', 'what is pizza?', 'che cosa è pizza?'],
  ['roles', 'Did France beat Germany?', 'Did Germany beat France?'],
  ['roles', 'Can a cat eat a dog?', 'Can a dog eat a cat?'],
  ['roles', 'trains to the airport', 'trains from the airport'],
  ['roles', 'Is it rude if I call you?', 'Is it rude if you call me?'],
  ['roles', 'How do I close my account?', 'How do I close your account?'],
  ['roles', 'How do I find his address?', 'How do I find the address?'],
  ['roles', 'What do cats and dogs eat?', 'What eats cats and dogs?'],
  ['roles', 'Who was trained by Ann?', 'Who trained Ann?'],
  ['joints', 'Can I take aspirin and ibuprofen?', 'Can I take aspirin or ibuprofen?'],
  ['joints', 'Can only admins edit this?', 'Can admins edit this?'],
  ['exact', 'What is 8 + 2?', 'What is 8 - 2?'],
  ['exact', 'When is x < y?', 'When is x <= y?'],
  ['exact', 'What does 👍 mean?', 'What does 👎 mean?'],
  ['exact', 'What is vitamin a good for?', 'What is vitamin e good for?'],
  ['exact', 'What is the policy of IT?', 'What is the policy of it?'],
  ['exact', 'How large is the US budget?', 'How large is the EU budget?'],
  ['names', 'How large is the NATO budget?', 'How large is the OPEC budget?'],
  ['kind', 'Do landlords give notice?', 'Must landlords give notice?'],
  ['kind', 'Is it raining?', 'Is it going to rain?'],
];

for (const [difference, one, other] of DIFFERENT) {
  test(`${difference}: “${one}” is not “${other}”`, () => assert.equal(differ(one, other), difference));
}

const SAME: readonly (readonly [string, string])[] = [
  ['What is the capital of France?', 'Could you tell me what the capital of France is?'],
  ['how do i reset my password', 'How can I reset the password?'],
  ['How do I sort a list in Python?', 'In Python, how do I sort a list?'],
  ['Who invented the telephone?', 'Who was the inventor of the telephone?'],
  ['How can I fix a flat tyre?', 'What is the best way to repair a flat tyre?'],
  ['如何煮鸡蛋？', '请问怎么煮鸡蛋'],
  ['What are 5 facts about cats?', 'Please tell me five facts about cats'],
  ['Can you tell me how I reset my password?', 'How do you reset the password?'],
  ['WHAT IS THE CAPITAL OF PERU?', 'What is the capital of Peru?'],
];

for (const [one, other] of SAME) {
  test(`“${one}” is “${other}”`, () => assert.equal(differ(one, other, true), undefined));
}

test('strictly, a word of content that only one of them has is a difference', () => {
  assert.equal(differ('How do I boil potatoes?', 'How do I roast potatoes?'), undefined);
  assert.equal(differ('How do I boil potatoes?', 'How do I roast potatoes?', true), 'content');
  assert.equal(differ('How do I get a loan?', 'How do I give a loan?', true), 'content');
  assert.equal(differ('Find me books about Darwin', 'Find me books in Darwin', true), 'content');
  assert.equal(differ('Who owns the museum?', 'Who owned the museum?', true), 'kind');
  assert.equal(differ('What is the mean of the data?', 'What is the definition of the data?', true), 'content');
});

test('a question of any shape is read in little time', () => {
  for (const text of [
    'a'.repeat(800),
    'a-'.repeat(400),
    '/a'.repeat(400),
    "'".repeat(800),
    '1,'.repeat(400),
    'a_'.repeat(400),
    '"a'.repeat(400),
    'a.a'.repeat(260),
    'the '.repeat(200),
    '漢'.repeat(800),
    '\ud800'.repeat(800),
    'A1-'.repeat(260),
    'could you tell me '.repeat(44),
  ]) {
    const startedMs = performance.now();
    readQuestion(text);
    assert.ok(performance.now() - startedMs < 200, `${text.slice(0, 20)}: ${performance.now() - startedMs} ms`);
  }
});
