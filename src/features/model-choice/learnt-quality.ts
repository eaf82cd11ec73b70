import type { ChoiceGroup } from '../../config/choice-groups.ts';
import { qualityAt } from '../../routing/quality/best-at-level.ts';
import { shareOf } from '../../routing/quality/folds.ts';
import { aimFor } from '../../routing/quality/quality-margin.ts';
import { PromptJudge, type RouterState } from '../../routing/quality/router.ts';
import { RouterFileError, readRouter } from '../../routing/quality/router-file.ts';
import type { Task } from '../../routing/quality/task-of.ts';
import type { World } from '../feature.ts';

/** With fewer rows a router shows what it would do, and decides nothing. */
const LEAST_ROWS = 300;
/** With a lower score on rows that were left out it does not know hard prompts from easy ones. */
const LEAST_SCORE = { apgr: 0.53, explained: 0.02 };

/** What a router says of the candidates of a group. */
export class LearntQuality {
  readonly #state: RouterState;
  readonly #judge: PromptJudge;
  readonly #candidateOf: ReadonlyMap<string, string>;
  readonly #lengths = new Map<string, number>();

  private constructor(state: RouterState, candidateOf: ReadonlyMap<string, string>) {
    this.#state = state;
    this.#judge = new PromptJudge(state);
    this.#candidateOf = candidateOf;
    for (const { name, outputTokens = 0 } of state.evidence.models ?? []) {
      const candidate = candidateOf.get(name);
      if (candidate !== undefined && typeof outputTokens === 'number' && outputTokens > 0)
        this.#lengths.set(candidate, outputTokens);
    }
  }

  /** Undefined if the group has no router, or one that must not decide yet: the tiers do. */
  static of(config: ChoiceGroup, log: World['log']): LearntQuality | undefined {
    const { router, candidates, routerModels, group } = config;
    if (router === undefined) return undefined;
    const refuse = (why: string): undefined => {
      log.app.warn({ group, file: router.file }, `The router of ${group} is not used, and its tiers decide: ${why}.`);
    };
    try {
      const state = readRouter(router.text);
      const named = state.models.map((model) => [model, routerModels.get(model) ?? model] as const);
      const candidateOf = new Map(named.filter(([, candidate]) => candidates.includes(candidate)));
      if (candidateOf.size < 2)
        return refuse('it knows fewer than two of the candidates (router_models says which they are)');
      const why = lacking(state);
      return why === undefined ? new LearntQuality(state, candidateOf) : refuse(why);
    } catch (error) {
      if (error instanceof RouterFileError) return refuse(error.message);
      throw error;
    }
  }

  /** Whether it has learnt from such requests: it has only seen plain prompts. */
  knows({ name }: Task): boolean {
    return name !== 'tools' && name !== 'long context';
  }

  /** The candidate of the best single model. */
  get best(): string | undefined {
    return this.#candidateOf.get(this.#state.models[this.#state.best] ?? '');
  }

  /** What a good answer to this prompt is worth for a quality, as the router's own curve says; the same for the same prompt. */
  worth(text: string, quality: number): number {
    const { low, high, share } = aimFor(this.#state.single.curve, quality);
    return shareOf(text) < share ? high.worth : low.worth;
  }

  /** How many tokens a candidate's answers had on average, to the same prompts as those of the others; undefined: unknown. */
  lengthOf(candidate: string): number | undefined {
    return this.#lengths.get(candidate);
  }

  /** The chance of each candidate that its answer is right. */
  qualities(text: string, task: Task): ReadonlyMap<string, number> | undefined {
    if (!this.knows(task)) return undefined;
    const { models, single } = this.#state;
    const level = this.#judge.level(this.#judge.scores(text));
    const qualities = new Map<string, number>();
    for (const measured of single.pool) {
      const candidate = this.#candidateOf.get(models[measured.otherwise] ?? '');
      if (candidate !== undefined && measured.sequence.length === 0)
        qualities.set(candidate, qualityAt(measured, level));
    }
    return qualities;
  }
}

/** Why a router must not decide yet; undefined: it may. */
function lacking({ evidence }: RouterState): string | undefined {
  const { rows, measure, learning } = evidence;
  const score = learning?.at?.(-1)?.score;
  if (!(rows >= LEAST_ROWS)) return `it learnt from ${rows} rows, and it takes ${LEAST_ROWS}`;
  const least = measure === 'apgr' ? LEAST_SCORE.apgr : LEAST_SCORE.explained;
  return score === undefined || !(score >= least)
    ? `on rows that were left out its score is ${score?.toFixed(3)}, and it takes ${least}`
    : undefined;
}
