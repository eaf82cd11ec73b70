/** Generated pairs of questions: some that mean the same, and some that nearly do. */

import { NEAR } from './near-misses.ts';

/** Two questions. */
export interface Pair {
  readonly family: string;
  /** Whether one answer suits both. */
  readonly isSame: boolean;
  /** No guard was written or changed with this family in view. */
  readonly isHeldOut: boolean;
  readonly one: string;
  readonly other: string;
}

type Frames = readonly (readonly [one: string, other: string])[];

const TOPICS =
  'photosynthesis|inflation|a black hole|quantum computing|a mortgage|the immune system|machine learning|a vaccine|gravity|a volcano|an earthquake|blockchain|a transistor|the stock market|plate tectonics|the water cycle|osmosis|a hash table|a database index|natural selection'.split(
    '|',
  );
const TASKS =
  'reset my password|change a flat tyre|bake sourdough bread|remove a coffee stain|train for a marathon|write a cover letter|sort a list in Python|merge two branches in git|cancel my subscription|renew a passport|grow tomatoes indoors|learn the guitar|clean a cast iron pan|tie a bow tie|back up my phone|open a bank account'.split(
    '|',
  );
const COUNTRIES = 'France|Spain|Brazil|Kenya|Japan|Canada|Norway|Egypt|India|Mexico'.split('|');

/** Ways to ask the same; the first list was in view when guards were written, the second was not. */
const PARAPHRASES: readonly (readonly [isHeldOut: boolean, values: readonly string[], frames: Frames])[] = [
  [
    false,
    TOPICS,
    [
      ['What is {}?', 'Can you explain what {} is?'],
      ['What is {}?', 'Please tell me what {} is'],
      ['How does {} work?', 'Could you explain how {} works?'],
      ['What is {}?', 'Give me an introduction to {}'],
      ['What is {}?', "I've never understood what {} is"],
    ],
  ],
  [
    false,
    TASKS,
    [
      ['How do I {}?', 'How can I {}?'],
      ['How do I {}?', 'What is the best way to {}?'],
      ['How do I {}?', 'how to {}'],
      ['How do I {}?', 'Walk me through how to {}'],
      ['How do I {}?', 'Any tips on how I could {}?'],
    ],
  ],
  [
    false,
    COUNTRIES,
    [
      ['What is the capital of {}?', 'Tell me the capital of {}'],
      ['What is the population of {}?', 'How many people live in {}?'],
    ],
  ],
  [
    true,
    TOPICS,
    [
      ['How does {} work?', "What's the mechanism behind {}?"],
      ['What is {}?', 'Define {} for a beginner'],
      ['What is {}?', 'Hi, could you please tell me what {} is? Thanks!'],
      ['How does {} work?', 'how does {} work'],
      ['How does {} work?', 'Do you know how {} works?'],
    ],
  ],
  [
    true,
    TASKS,
    [
      ['How do I {}?', "I'm trying to {}, what should I do?"],
      ['How do I {}?', 'I would like to know how to {}'],
      ['How do I {}?', 'Please show me how I can {}'],
    ],
  ],
  [
    true,
    COUNTRIES,
    [
      ['What is the capital of {}?', "What's {}'s capital city?"],
      ['What currency is used in {}?', 'Which currency do they use in {}?'],
      ['Which language is spoken in {}?', 'What language do people speak in {}?'],
    ],
  ],
];

const fill = (frame: string, value: string): string => frame.replaceAll('{}', value);

/** All pairs. */
export function questionPairs(): readonly Pair[] {
  const same = PARAPHRASES.flatMap(([isHeldOut, values, frames]) =>
    frames.flatMap(([one, other]) =>
      values.map((value) => ({
        ...{ family: 'paraphrases', isSame: true, isHeldOut },
        ...{ one: fill(one, value), other: fill(other, value) },
      })),
    ),
  );
  const near = NEAR.flatMap(([family, isHeldOut, frames, pairs]) =>
    frames.flatMap((frame) =>
      pairs.map(([one, other]) => ({
        family,
        isSame: false,
        isHeldOut,
        one: fill(frame, one),
        other: fill(frame, other),
      })),
    ),
  );
  return [...same, ...near];
}
