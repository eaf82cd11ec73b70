/** Families of questions that nearly mean the same. */

const THINGS = 'a laptop|a bicycle|running shoes|a coffee machine|a tent|a camera|headphones|a desk'.split('|');

type Swaps = readonly (readonly [one: string, other: string])[];

const swaps = (text: string): Swaps => text.split(', ').map((pair) => pair.split('/') as [string, string]);

/** Nearly the same questions, by what is exchanged in them; whether guards were written with the family in view. */
export const NEAR: readonly (readonly [family: string, isHeldOut: boolean, frames: readonly string[], swaps: Swaps])[] =
  [
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
    [
      'pronouns',
      false,
      ['What happens if {} first?', 'Is it rude if {}?'],
      swaps('I call you/you call me, he pays her/she pays him, we visit them/they visit us, I trust her/I trust him'),
    ],
    [
      'owners',
      false,
      ['How do I close {} account?', 'Where can I see {} invoices?'],
      swaps('my/your, his/her, our/their, my/his'),
    ],
    [
      'and or',
      false,
      ['Can I take {} together?', 'Should I learn {} this year?', 'Does the plan cover {}?'],
      swaps('aspirin and ibuprofen/aspirin or ibuprofen, French and Spanish/French or Spanish'),
    ],
    [
      'conditions',
      false,
      ['Do I pay {} the order is late?', 'Can I leave {} my shift ends?', 'Is a refund due {} I have a receipt?'],
      swaps('if/unless, before/after, only if/even if, when/until'),
    ],
    [
      'agents and patients',
      false,
      ['{} in the wild?'],
      swaps(
        'What do spiders eat/What eats spiders, What do big cats and dogs fear/What fears big cats and dogs, Which animals do snakes hunt/Which animals hunt snakes',
      ),
    ],
    [
      'prepositions',
      false,
      ['Find me books {} Darwin', 'What are good trains {} Rome?'],
      swaps('about/by, for/from, with/without, to/from'),
    ],
    ['operators', false, ['What is 8 {} 2?', 'When is a {} b true?'], swaps('+/-, */+, </>, ==/!=, &&/||, <=/<, ÷/×')],
    [
      'letters',
      false,
      ['What is vitamin {} good for?', 'Who can receive type {} blood?', 'What is in plan {}?'],
      swaps('a/e, d/k, o/a, b/c, A/B'),
    ],
    [
      'emoji',
      false,
      ['What does {} mean in a chat?', 'Should I answer {} with a heart?'],
      swaps('🍎/🍌, 👍/👎, 🙃/🙂, 🇫🇷/🇩🇪'),
    ],
    [
      'abbreviations',
      false,
      ['What is the policy of {}?', 'How large is {} spending?'],
      swaps('the US/them, IT/it, the WHO/the UN, the EU/the US'),
    ],
    [
      'light verbs',
      false,
      ['How do I {} a loan?', 'Can I {} a calendar?', 'How do I {} feedback?'],
      swaps('get/give, share/get, show/share'),
    ],
    [
      'false friends',
      false,
      ['{}?'],
      swaps(
        'What is the mean of the data/What is the definition of the data, How do I use people/How do I employ people, What is the function of a cell/What is the method of a cell, How do I reset my router/How do I restore my router, How long do I boil rice/How long do I cook rice, What is a cell wall/What is a mobile wall',
      ),
    ],
    [
      'bare tenses',
      false,
      ['{} in the valley?'],
      swaps(
        'What causes the fire/What caused the fire, Who owns the museum/Who owned the museum, Is it raining/Is it going to rain, Who supports the party/Who supported the party',
      ),
    ],
    [
      'comparatives',
      false,
      ['Is {}?', 'Why is {}?'],
      swaps(
        'tea stronger than coffee/coffee stronger than tea, oak as hard as pine/oak harder than pine, gold more stable than silver/gold less stable than silver',
      ),
    ],
    [
      'dates',
      false,
      ['What happened on {}?', 'Is the office open {}?'],
      swaps('2024-05-06/2024-06-05, 1 May/May 10, Monday/Tuesday, this week/next week, 8 am/8 pm, the 1st/the 2nd'),
    ],
    [
      'code',
      false,
      ['How do I use {} in a script?', 'What does {} return?'],
      swaps(
        'useState/useEffect, arr.push/arr.pop, git reset --soft/git reset --hard, SELECT/DELETE, foo/Foo, HEAD~1/HEAD~2, x[0]/x[1], a_b/a_c, std::move/std::copy',
      ),
    ],
    [
      'adverbs',
      false,
      ['Can {} edit this page?', 'Do {} work on Sunday?'],
      swaps('only admins/admins, almost all users/all users, admins only/admins also, not only admins/only admins'),
    ],
    [
      'frequency',
      false,
      ['Should I take it {}?', 'Do buses run {}?'],
      swaps('once a day/twice a day, every hour/every other hour, daily/weekly, often/rarely'),
    ],
    [
      'compounds',
      true,
      ['Where is the nearest {}?', 'What is a {}?'],
      swaps(
        'bus station/station bus, house boat/boat house, race horse/horse race, man-eating shark/shark-eating man, guard dog/dog guard',
      ),
    ],
    [
      'chains of relations',
      true,
      ['Who is {}?', 'How old is {}?'],
      swaps(
        "my wife's brother/my brother's wife, the king of the island's son/the island of the king's son, Tom's boss's dog/Tom's dog's boss",
      ),
    ],
    [
      'deeds and results',
      true,
      ['Does {}?', 'How does {}?'],
      swaps(
        'stress cause headaches/a headache cause stress, price follow demand/demand follow price, the moon pull the sea/the sea pull the moon, sleep improve memory/memory improve sleep',
      ),
    ],
    [
      'degrees',
      true,
      ['Is it {} cold in May?', 'What if the dose is {} high?'],
      swaps('too/not too, slightly/extremely, a bit/far too, enough/barely'),
    ],
    [
      'currencies and sums',
      true,
      ['What can I buy for {}?', 'Is {} a good salary?'],
      swaps('€500/$500, 500 yen/500 pesos, 1.5k/15k, 20%/2%, £1m/£1bn'),
    ],
    [
      'file formats',
      true,
      ['How do I open a {} file?', 'Turn this {} into text'],
      swaps('csv/tsv, .doc/.docx, png/jpg, mp3/mp4, tar/zip'),
    ],
    [
      'reported speakers',
      true,
      ['What did {} about the plan?'],
      swaps(
        'the nurse tell the doctor/the doctor tell the nurse, Ann say to Bob/Bob say to Ann, the club write to the city/the city write to the club',
      ),
    ],
    [
      'places in an order',
      true,
      ['Who was the {} person on the moon?', 'What is the {} step?'],
      swaps('first/second, third/fourth, second last/last, 3rd/4th'),
    ],
    [
      'voice',
      false,
      ['{}?'],
      swaps(
        'Who was trained by Ann/Who trained Ann, What is eaten by owls/What eats owls, Which firm bought Acme/Which firm was bought by Acme, Who is paid by the state/Who pays the state',
      ),
    ],
    [
      'starts and ends of a time',
      true,
      ['Was the road closed {} June?', 'Is the shop open {} noon?'],
      swaps('since/until, before/by, from/to, after/until'),
    ],
    [
      'exclusion',
      true,
      ['List fruits {} apples', 'Which states {} Texas border Mexico?'],
      swaps('including/excluding, like/except, such as/other than, besides/like'),
    ],
    [
      'languages and programs',
      true,
      ['How do I reverse a list in {}?', 'Is {} hard to learn?'],
      swaps('java/javascript, c/c++, C#/C, go/rust, sql/nosql, R/S'),
    ],
    [
      'obligations',
      false,
      ['{} landlords give notice?', '{} I tip the driver?'],
      swaps('Do/Must, May/Need, Should/Did, Can/Will'),
    ],
  ];
