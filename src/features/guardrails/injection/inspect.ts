import { type Calibration, calibrated, scoreFor } from '../calibration.ts';
import type { Inspection, Origin } from '../inspection.ts';
import { loadWeights, type Weights } from '../weights.ts';
import { InjectionScorer } from './scorer.ts';

/** What the training says beside the weights. */
export interface InjectionExtra {
  readonly user: Calibration;
  readonly document: Calibration;
  /** What is added to a user's raw score to compare it with a document's. */
  readonly shift: number;
}

/** How many harmless texts in all may be flagged, for each origin. */
interface InjectionSettings {
  readonly userFalseAlarms: number;
  readonly documentFalseAlarms: number;
}

/** What applies if nothing is configured. */
export const INJECTION_DEFAULTS: InjectionSettings = { userFalseAlarms: 0.005, documentFalseAlarms: 0.02 };

/** A guardrail against injected orders and jailbreaks. */
export function makeInjectionInspector(
  settings: InjectionSettings = INJECTION_DEFAULTS,
  weights: Weights<InjectionExtra> = loadWeights<InjectionExtra>('injection'),
): (text: string, from: Origin) => Inspection {
  const [user, document] = [weights.models.get('user'), weights.models.get('document')];
  if (user === undefined || document === undefined)
    throw new Error('the weights of injection lack a model: make them again with npm run train');
  const scorer = new InjectionScorer({ user, document });
  const { extra } = weights;
  const userThreshold = scoreFor(settings.userFalseAlarms);
  const documentThreshold = scoreFor(settings.documentFalseAlarms);
  return (text, from) => {
    const { user: asUser, document: asDocument } = scorer.score(text, from !== 'user');
    const worst = asDocument !== undefined && asDocument.raw > asUser.raw + extra.shift ? asDocument : asUser;
    const raw = asDocument === undefined ? asUser.raw : Math.max(asDocument.raw, asUser.raw + extra.shift);
    const score = calibrated(raw, asDocument === undefined ? extra.user : extra.document);
    const flagged = score >= (asDocument === undefined ? userThreshold : documentThreshold);
    const spans = flagged && worst.end > worst.start ? [{ type: 'INJECTION', start: worst.start, end: worst.end }] : [];
    return { score, flagged, spans };
  };
}
