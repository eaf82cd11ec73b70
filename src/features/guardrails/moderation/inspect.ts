import { type Calibration, calibrated, scoreFor } from '../calibration.ts';
import type { Inspection } from '../inspection.ts';
import { loadWeights, type Weights } from '../weights.ts';
import { type Category, HEADS, type ModerationModels, ModerationScorer } from './scorer.ts';

/** What the training says beside the weights. */
export interface ModerationExtra {
  readonly any: Calibration;
}

/** The rate of false alarms that applies unless another is configured. */
const MODERATION_FALSE_ALARMS = 0.01;

/** The models that weights hold. */
function modelsOf({ models }: Weights<ModerationExtra>): ModerationModels {
  const named = (name: string) => {
    const model = models.get(name);
    if (model === undefined)
      throw new Error(`the weights of moderation lack ${name}: make them again with npm run train`);
    return model;
  };
  const [sexual, hate, violence, harassment, selfHarm] = HEADS.map(named);
  if (!sexual || !hate || !violence || !harassment || !selfHarm)
    throw new Error('the weights of moderation lack a head');
  return { any: named('any'), heads: { sexual, hate, violence, harassment, 'self-harm': selfHarm } };
}

/** Moderation by local models: the score is that of the highest category, and every category has its own. */
export function makeModerationInspector(
  falseAlarms: number = MODERATION_FALSE_ALARMS,
  weights: Weights<ModerationExtra> = loadWeights<ModerationExtra>('moderation'),
): (text: string) => Inspection {
  const scorer = new ModerationScorer(modelsOf(weights));
  const threshold = scoreFor(falseAlarms);
  return (text) => {
    const { raw, likely, start, end } = scorer.score(text);
    const score = calibrated(raw, weights.extra.any);
    // Whether anything is wrong is one question, what it is another: the likeliest category has the score of the whole.
    const highest = Math.max(...Object.values(likely), 1e-9);
    const categories = Object.fromEntries(
      Object.entries(likely).map(([name, share]) => [name, score * (share / highest)] as const),
    ) as Record<Category, number>;
    const flagged = score >= threshold;
    const [type = 'sexual'] = Object.entries(likely).find(([, share]) => share === highest) ?? [];
    return { score, flagged, spans: flagged && end > start ? [{ type, start, end }] : [], categories };
  };
}
