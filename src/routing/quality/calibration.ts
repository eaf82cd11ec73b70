/** Makes a router from prompts and what models made of them. */
import { axisOf, chooseLearner, FOLDS, foresee } from './choose-learner.ts';
import { centresOf, choosePlans, type Placed } from './choose-plans.ts';
import { Corpus, compact, type Examples, softened } from './learner.ts';
import type { Outcomes } from './outcomes.ts';
import type { Evidence, RouterState } from './router.ts';

/** The shares of the rows that the learning curve is drawn for. */
const SHARES = [0.125, 0.25, 0.5, 1];
const LEAST_ROWS = 100;

/** Learns from all rows; what it says of its quality is from rows that were left out. `hasCosts`: prices are known. */
export function calibrate(examples: Examples, outcomes: Outcomes, hasCosts: boolean): RouterState {
  const { models, texts } = examples;
  const count = models.length;
  const qualities = meansBy(examples.scores, count);
  const best = qualities.indexOf(Math.max(...qualities));
  const axis = axisOf(count, best);
  const corpus = new Corpus(examples);
  const tried = chooseLearner(corpus, axis);
  const [learner] = tried;
  if (learner === undefined) throw new RangeError('there are learners to try');
  const all = Int32Array.from(texts.keys());
  const { values, score, foldScores } = foresee(corpus, all, axis, learner);
  const placed: Placed = { outcomes, texts, values, best };
  const single = choosePlans(placed, 'single');
  const cascade = count > 2 && outcomes.sameAs.some((same) => same !== 0) ? choosePlans(placed, 'cascade') : undefined;
  const learning = SHARES.map((share) => Math.round(texts.length * share))
    .filter((rows) => rows >= LEAST_ROWS)
    .map((rows) => {
      const most = Math.round((rows * (FOLDS - 1)) / FOLDS);
      const seen = rows === texts.length ? { values, score } : foresee(corpus, all, axis, learner, most);
      return { rows, score: seen.score };
    });
  const { score: _, ...shape } = learner;
  const costs = meansBy(outcomes.costs, count);
  const written = meansBy(outcomes.outputTokens, count);
  const evidence: Evidence = {
    ...{ rows: texts.length, folds: FOLDS, learner: shape, tried, foldScores, learning },
    measure: count === 2 ? 'apgr' : 'explained',
    models: models.map((name, which) => ({
      ...{ name, quality: qualities[which] as number, cost: costs[which] as number },
      outputTokens: written[which] as number,
    })),
  };
  const weights = compact(corpus.fit(all, softened(examples, all, shape.own), count, shape));
  return {
    unit: evidence.models[best]?.cost || 1,
    ...{ models, best, hasCosts, weights, axis, centres: centresOf(placed), evidence },
    ...{ single: single.plans, cascade: cascade?.plans },
  };
}

function meansBy(values: Float64Array, models: number): number[] {
  const sums = Array.from({ length: models }, () => 0);
  values.forEach((value, at) => {
    sums[at % models] = (sums[at % models] as number) + value;
  });
  return sums.map((sum) => (sum * models) / values.length);
}
