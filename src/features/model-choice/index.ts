import type { Feature } from '../feature.ts';
import { RunningModelChoice } from './running-model-choice.ts';

/** Groups that choose among others the cheapest that is good enough. Guide: docs/guides/model-choice.md. */
export const modelChoice: Feature = {
  name: 'model-choice',
  metrics: [
    {
      name: 'sluice_model_choice_requests_total',
      type: 'counter',
      help: 'Requests that a group which chooses among others answered.',
    },
    {
      name: 'sluice_model_choice_cheaper_requests_total',
      type: 'counter',
      help: 'Those of them that another model than the baseline answered.',
    },
    {
      name: 'sluice_model_choice_scores_total',
      type: 'counter',
      help: 'Scores of answers that callers sent to /feedback.',
    },
    {
      name: 'sluice_model_choice_suspensions_total',
      type: 'counter',
      help: 'How often a candidate was suspended because its answers were scored below the quality floor.',
    },
  ],
  start: (world) => new RunningModelChoice(world),
};
