/** The settings of degradation: `degradation_settings`. */
import { type FeatureReading, featureSettings } from '../../config/feature-settings.ts';
import { own } from '../../config/setting-rows.ts';
import { TRAFFIC_CLASSES, type TrafficClass } from '../../exchange/degraded.ts';
import type { Thresholds } from './ladder.ts';

/** What is done when budgets would not last. */
export interface DegradationConfig {
  readonly isOn: boolean;
  readonly thresholds: Thresholds;
  /** By how much less pressure batch traffic is degraded. */
  readonly batchFactor: number;
  readonly cheaperModels: ReadonlyMap<string, string>;
  readonly maxTokens: number;
  readonly classesByTag: ReadonlyMap<string, TrafficClass>;
  readonly queueMs: number;
}

const FROM = 'Pressure from which';

const ROWS = {
  degradation_settings: {
    enabled: own(
      'flag',
      'Serves traffic worse, step by step, where a budget would be gone before its period ends.',
      'isOn',
      false,
    ),
    warn_at: own(
      'number',
      `${FROM} it is said: how many times what is left of a budget would be spent until its period ends, at the rate of now.`,
      'warnAt',
      1,
    ),
    compress_at: own('number', `${FROM} prompts are compressed.`, 'compressAt', 1.05),
    cheaper_at: own('number', `${FROM} the models of \`cheaper_models\` answer.`, 'cheaperAt', 1.1),
    shorter_at: own('number', `${FROM} answers are limited to \`max_tokens\`.`, 'shorterAt', 1.2),
    cache_only_at: own(
      'number',
      `${FROM} only cached answers are given; batch traffic waits up to \`queue_seconds\`.`,
      'cacheOnlyAt',
      1.3,
    ),
    refuse_at: own('number', `${FROM} requests are refused with 429 and the time.`, 'refuseAt', 1.5),
    batch_factor: own(
      'number',
      'The pressure of batch traffic is that many times the pressure of standard traffic: it goes first.',
      'batchFactor',
      1.3,
    ),
    cheaper_models: own('map', 'Model group → the cheaper one that answers in its place.', 'cheaperModels'),
    max_tokens: own('count', 'The longest answer, in tokens, from the step `shorter` on.', 'maxTokens', 256),
    classes_by_tag: own(
      'map',
      'Tag of a key → the class of its requests: `critical`, `standard` or `batch`. A tag can only lower the class.',
      'tagClasses',
    ),
    queue_seconds: own(
      'seconds',
      'How long batch traffic waits, where it is not served, before it is refused.',
      'queueMs',
      0,
    ),
  },
};

/** The rows, and what they say together. */
export const degradationSettings = featureSettings({
  name: 'degradation',
  rows: ROWS,
  about: 'What happens to traffic whose budget would not last.',
  read,
});

function read({ fields, section, context }: FeatureReading<typeof ROWS>): DegradationConfig {
  const { isOn, batchFactor, maxTokens, queueMs } = fields;
  const settings = section('degradation_settings');
  const classes = Object.entries(fields.tagClasses ?? {}).flatMap(([tag, name]) => {
    const known = TRAFFIC_CLASSES.find((each) => each === name);
    if (known !== undefined) return [[tag, known] as const];
    const place = settings.placeOf('classes_by_tag');
    context.findings.add(
      'error',
      'wrong-type',
      place,
      `classes_by_tag: ${JSON.stringify(tag)} must be critical, standard or batch`,
    );
    return [];
  });
  return {
    ...{ isOn, batchFactor, maxTokens, queueMs },
    thresholds: {
      warn: fields.warnAt,
      compress: fields.compressAt,
      cheaper: fields.cheaperAt,
      shorter: fields.shorterAt,
      'cache-only': fields.cacheOnlyAt,
      refuse: fields.refuseAt,
    },
    cheaperModels: new Map(
      Object.entries(fields.cheaperModels ?? {}).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string',
      ),
    ),
    classesByTag: new Map(classes),
  };
}
