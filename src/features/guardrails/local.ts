/** The guardrails that need nothing but this process, by their own names. */
import { makeInjectionInspector } from './injection/inspect.ts';
import type { Inspection, Origin } from './inspection.ts';
import { makeModerationInspector } from './moderation/inspect.ts';
import { inspectPersonalData } from './personal-data/inspect.ts';
import { inspectSecrets } from './secrets/inspect.ts';
import { KnownSecrets } from './secrets/known-secrets.ts';

/** A guardrail that looks at one text. It is pure: the same text gives the same answer, and nothing is kept. */
export interface LocalGuardrail {
  readonly name: string;
  readonly inspect: (text: string, from: Origin) => Inspection;
}

/** What local guardrails may be given. */
export interface LocalGuardrailSettings {
  /** The secrets that this process was configured with. */
  readonly secrets?: Iterable<string>;
}

type Maker = (settings: LocalGuardrailSettings) => LocalGuardrail['inspect'];

const MAKERS: ReadonlyMap<string, Maker> = new Map<string, Maker>([
  ['injection', () => makeInjectionInspector()],
  ['moderation', () => makeModerationInspector()],
  ['personal-data', () => inspectPersonalData],
  [
    'secrets',
    ({ secrets = [] }) => {
      const known = new KnownSecrets(secrets);
      return (text) => inspectSecrets(text, known);
    },
  ],
]);

/** Their names, in the order of the alphabet. */
export const LOCAL_GUARDRAIL_NAMES: readonly string[] = [...MAKERS.keys()].sort();

/** The guardrail of a name; undefined if there is no such one. */
export function makeLocalGuardrail(name: string, settings: LocalGuardrailSettings = {}): LocalGuardrail | undefined {
  const make = MAKERS.get(name);
  return make === undefined ? undefined : { name, inspect: make(settings) };
}
