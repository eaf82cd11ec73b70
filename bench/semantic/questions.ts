/** Generated pairs of questions: some that mean the same, and some that nearly do. */

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
const THINGS = 'a laptop|a bicycle|running shoes|a coffee machine|a tent|a camera|headphones|a desk'.split('|');

/** Ways to ask the same; the first list was in view when guards were written, the second was not. */
const PARAPHRASES: readonly (readonly [isHeldOut: boolean, values: readonly string[], frames: Frames])[] = [
  [
    false,
    TOPICS,
    [
      ['What is {}?', 'Can you explain what {} is?'],
      ['What is {}?', 'Please tell me what {} is'],
      ['How does {} work?', 'Could you explain how {} works?'],
    ],
  ],
  [
    false,
    TASKS,
    [
      ['How do I {}?', 'How can I {}?'],
      ['How do I {}?', 'What is the best way to {}?'],
      ['How do I {}?', 'how to {}'],
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
      ['What is {}?', 'Give me an introduction to {}'],
      ['What is {}?', "I've never understood what {} is"],
      ['How does {} work?', "What's the mechanism behind {}?"],
      ['What is {}?', 'Define {} for a beginner'],
    ],
  ],
  [
    true,
    TASKS,
    [
      ['How do I {}?', "I'm trying to {}, what should I do?"],
      ['How do I {}?', 'Walk me through how to {}'],
      ['How do I {}?', 'Any tips on how I could {}?'],
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

type Swaps = readonly (readonly [one: string, other: string])[];

const swaps = (text: string): Swaps => text.split(', ').map((pair) => pair.split('/') as [string, string]);

/** Nearly the same questions, by what is exchanged in them. */
const NEAR: readonly (readonly [family: string, isHeldOut: boolean, frames: readonly string[], swaps: Swaps])[] = [
  [
    'numbers',
    false,
    ['What is {} percent of a salary?', 'Give me a plan to save {} dollars', 'How do I cook for {} people?'],
    swaps('15/25, 100/1000, 4/40, three/five, 12/13'),
  ],
  [
    'names',
    false,
    ['What is the capital of {}?', 'How do I get a visa for {}?', 'Who leads {}?'],
    swaps('France/Spain, Brazil/Kenya, Japan/Canada, Norway/Egypt, India/Mexico'),
  ],
  [
    'negation',
    false,
    ['Which of these foods {} healthy?', 'Why {} cats afraid of water?', 'When {} contracts binding?'],
    swaps("are/are not, are/aren't, are/are never"),
  ],
  [
    'contraries',
    false,
    ['How do I {} the firewall?', 'What happens if I {} the price?', 'Is it a good time to {} shares?'],
    swaps('enable/disable, increase/decrease, buy/sell, open/close, raise/lower, lock/unlock'),
  ],
  [
    'question kind',
    false,
    ['{} was the tower of the city built?', '{} do people celebrate the festival?'],
    swaps('When/Why, Where/How, Who/When, Why/How'),
  ],
  [
    'roles',
    false,
    ['Did {} at the championship?'],
    swaps(
      'France beat Germany/Germany beat France, Ann hire Bob/Bob hire Ann, the dog bite the man/the man bite the dog',
    ),
  ],
  [
    'units',
    false,
    ['How long is 5 {}?', 'Convert 20 {} for me'],
    swaps('miles/kilometres, pounds/kilograms, hours/minutes, gallons/litres'),
  ],
  [
    'target language',
    false,
    ['How do I say good morning in {}?', 'Translate this greeting into {}'],
    swaps('French/German, Spanish/Italian, Japanese/Chinese'),
  ],
  [
    'versions and code',
    false,
    ['What changed in {}?', 'How do I use {}?'],
    swaps(
      'Python 3.10/Python 3.11, Node v18/Node v20, `map()`/`filter()`, config.yaml/config.json, /etc/app/a.conf/etc/app/b.conf',
    ),
  ],
  [
    'objects',
    true,
    ['What should I look for when I choose {}?', 'How do I repair {} at home?'],
    THINGS.slice(1).map((thing, at) => [THINGS[at] ?? '', thing]),
  ],
  [
    'verbs',
    true,
    ['How do I {} potatoes?', 'Can you {} this paragraph for me?', 'How long does it take to {} an egg?'],
    swaps('boil/fry, peel/mash, shorten/lengthen, poach/scramble, grate/roast'),
  ],
  [
    'time of day and season',
    true,
    ['What should I plant in {}?', 'Is it safe to exercise in {}?'],
    swaps('spring/autumn, the morning/the evening, summer/winter, dry weather/wet weather'),
  ],
  [
    'audience',
    true,
    ['Explain inflation to {}', 'Write a toast for {}'],
    swaps('a child/an economist, a wedding/a funeral, my boss/my sister, beginners/experts'),
  ],
  [
    'quantifiers',
    true,
    ['Are {} mushrooms edible?', 'Do {} birds migrate?'],
    swaps('all/some, most/few, many/no, any/every'),
  ],
  [
    'modality',
    false,
    ['{} I take aspirin with alcohol?', '{} tenants paint the walls?'],
    swaps('Can/Must, Should/May, Must/Could'),
  ],
  ['tense', false, ['{} the bridge closed?', 'What {} the price of bread?'], swaps('is/was, will be/was')],
  [
    'lower-case names',
    true,
    ['what is the capital of {}?', 'who won the election in {}?'],
    swaps('france/spain, brazil/kenya, ohio/texas, lyon/marseille'),
  ],
  [
    'other languages',
    true,
    ['Was ist die Hauptstadt von {}?', '¿Cuál es la capital de {}?', 'Quelle est la capitale de {} ?'],
    swaps('Peru/Chile, Ghana/Togo, Iran/Irak'),
  ],
  [
    'body and medicine',
    true,
    ['What helps against pain in the {}?', 'Which doctor treats the {}?'],
    swaps('knee/elbow, stomach/chest, left ear/right ear, tooth/gum'),
  ],
  [
    'scope of a request',
    true,
    ['Write a {} about the sea', 'Give me a {} of the French Revolution'],
    swaps('poem/song, summary/timeline, haiku/sonnet, story/letter'),
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
