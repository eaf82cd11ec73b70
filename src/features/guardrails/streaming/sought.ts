/** What streams are searched for. */
import { inspectPersonalData } from '../personal-data/inspect.ts';
import { inspectSecrets } from '../secrets/inspect.ts';
import type { KnownSecrets } from '../secrets/known-secrets.ts';
import type { Sought } from './hold-back.ts';

/** Numbers, addresses, and the one or two letters that begin some ids. */
const MAY_BE_PERSONAL = /[\d@]|::|^\W*[A-Z]{1,2}\W*$|^[+(]+$/;
const SHORTEST_SECRET = 8;

/** Personal data in a stream. */
export const SOUGHT_PERSONAL_DATA: Sought = {
  find: (text) => inspectPersonalData(text).spans,
  isPart: (word) => MAY_BE_PERSONAL.test(word),
  spansWords: true,
  before: 80,
  behind: 40,
  longest: 512,
};

/** Short words of the first line of a private key, which holds its lines together. */
const KEY_WORDS = /^(?:-----.*|RSA|EC|DSA|PGP|PRIVATE|KEY-----|OPENSSH|BLOCK-----)$/;

/** Secrets in a stream. */
export const soughtSecrets = (known: KnownSecrets): Sought => ({
  find: (text) => inspectSecrets(text, known).spans,
  isPart: (word) => word.length >= SHORTEST_SECRET || KEY_WORDS.test(word),
  spansWords: true,
  before: 200,
  behind: 8,
  longest: 8_192,
});
