/** What a router has to show for itself, for people. */
import { aimFor } from '../../routing/quality/quality-margin.ts';
import type { Plans, RouterState } from '../../routing/quality/router.ts';
import { renderTable } from '../render-table.ts';

const QUALITIES = [0.9, 0.95, 0.98, 1];

/** Tables: the models, how well hard prompts are recognised, what choosing gives. All of it by cross-validation. */
export function renderEvidence(state: RouterState): string {
  const { evidence, single, cascade, hasCosts } = state;
  const measure = evidence.measure === 'apgr' ? 'APGR' : 'explained';
  const spread = spreadOf(evidence.foldScores);
  return [
    `${evidence.rows} rows, ${evidence.folds} folds. Learning curve (${measure} on rows that were left out; ± is the spread of the folds):`,
    renderTable(
      ['rows', measure],
      evidence.learning.map(({ rows, score }) => [
        String(rows),
        `${score.toFixed(3)}${rows === evidence.rows ? ` ± ${spread.toFixed(3)}` : ''}`,
      ]),
      ['right', 'left'],
    ),
    modelsTable(state),
    `One call for each prompt, on rows that were left out, against ${state.models[state.best]} alone:`,
    plansTable(single, hasCosts),
    ...(cascade === undefined
      ? []
      : [
          'Cascades (cheap models one after the other until two agree), which take longer where they ask more than once:',
          plansTable(cascade, hasCosts),
        ]),
  ].join('\n');
}

function modelsTable({ evidence, best, hasCosts }: RouterState): string {
  const base = evidence.models[best];
  return renderTable(
    ['model', 'right', 'cost'],
    evidence.models.map(({ name, quality, cost }) => [
      name,
      quality.toFixed(3),
      hasCosts && base !== undefined ? percent(cost / base.cost) : '-',
    ]),
    ['left', 'right', 'right'],
  );
}

function plansTable({ curve }: Plans, hasCosts: boolean): string {
  return renderTable(
    ['quality asked for', 'expected', hasCosts ? 'cheaper by' : 'dear calls saved', 'calls'],
    QUALITIES.map((quality) => {
      const { point } = aimFor(curve, quality);
      const { quality: expected, error, saving, calls } = point;
      return [percent(quality), `${percent(expected)} ± ${percent(error)}`, percent(saving), calls.toFixed(2)];
    }),
    ['right', 'right', 'right', 'right'],
  );
}

function spreadOf(scores: readonly number[]): number {
  const mean = scores.reduce((sum, score) => sum + score, 0) / Math.max(1, scores.length);
  const square = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0);
  return Math.sqrt(square / Math.max(1, scores.length - 1));
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
