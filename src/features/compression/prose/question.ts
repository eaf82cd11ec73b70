/** What a question asks for: its words, how much each says, and the kind of answer. */
import type { Vocabulary, Words } from './words.ts';

/** The kinds of answers that sentences show by their form. */
type AnswerKind = 'person' | 'time' | 'place' | 'number' | 'other';

/** A question, read with the vocabulary of the texts. */
export interface Question {
  readonly kind: AnswerKind;
  /** Its words that say something, each once. */
  readonly terms: Int32Array;
  /** How much each says beside how rare it is, from 0 to 1. */
  readonly shares: Float64Array;
  /** Words that follow each other in it, by their places in `terms`, two by two. */
  readonly pairs: Int32Array;
}

const SAYS_NOTHING =
  'a an the of in on at to for by with from into onto upon about as than then and or but nor so if not no is are was were be been being am do does did done has have had having can could will would shall should may might must i you he she it we they me him her us them my your his its our their this that these those there here who whom whose which what when where why how all any some each both such only own same just also very too s t re ve ll d m please tell let get got go many much more most out up down over under again after before during between because while until';

/** How people ask about a conversation or a document, and not what about. */
const ASKS =
  'summarize summarise summary discuss discussion opinion think thought say said talk mention present presentation explain describe conclude conclusion decide decision agree agreement attitude view idea introduce introduction suggest suggestion recommend recommendation regard relate concern elaborate answer question give list name find according following context document passage text article meeting team group member people';
const SHARE_OF_ASKING = 0.3;

const PERSON = /\bwho(?:m|se|'s|s)?\b/i;
const NUMBER =
  /\bhow (?:many|much|long|old|far|tall|high|big|large|often|fast|deep|heavy|wide)\b|\bwhat (?:percent|number|age)|\bpopulation\b/i;
const TIME = /\bwhen(?:'s|s)?\b|\b(?:what|which) (?:year|date|day|month|time|century|season)\b|\bhow long ago\b/i;
const PLACE =
  /\bwhere(?:'s|s)?\b|\b(?:what|which|in what) (?:country|city|state|place|county|town|continent|river|location)\b/i;

/** The stems of a list of words. */
function stemsOf(list: string, vocabulary: Vocabulary): ReadonlySet<number> {
  return new Set(vocabulary.read(list).ids);
}

/** Reads a question. Several questions of one request are read with the vocabulary of its texts. */
export function readQuestion(text: string, vocabulary: Vocabulary): Question {
  const nothing = stemsOf(SAYS_NOTHING, vocabulary);
  const asks = stemsOf(ASKS, vocabulary);
  const words: Words = vocabulary.read(text);
  const places = new Map<number, number>();
  const shares: number[] = [];
  for (const id of words.ids) {
    if (nothing.has(id) || places.has(id)) continue;
    places.set(id, places.size);
    shares.push(asks.has(id) ? SHARE_OF_ASKING : 1);
  }
  const pairs: number[] = [];
  for (let at = 1; at < words.ids.length; at += 1) {
    const one = places.get(words.ids[at - 1] as number);
    const other = places.get(words.ids[at] as number);
    if (one !== undefined && other !== undefined && one !== other) pairs.push(one, other);
  }
  return {
    kind: kindOf(text),
    terms: Int32Array.from(places.keys()),
    shares: Float64Array.from(shares),
    pairs: Int32Array.from(pairs),
  };
}

function kindOf(text: string): AnswerKind {
  if (NUMBER.test(text)) return 'number';
  if (TIME.test(text)) return 'time';
  if (PERSON.test(text)) return 'person';
  return PLACE.test(text) ? 'place' : 'other';
}
