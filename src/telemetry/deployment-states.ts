/** How each deployment fares, and how often its breaker opened: what `litellm_deployment_state` and its neighbour tell. */
import { ERRORS, type ErrorCode } from '../core/errors.ts';
import type { CooldownCount, DeploymentReading, DeploymentState } from './exposition.ts';
import type { AttemptFacts } from './settled.ts';

/** The part of a deployment that its labels are made of. */
export type LabelledDeployment = Pick<AttemptFacts, 'deploymentId' | 'provider' | 'model' | 'modelLabel' | 'apiBase'>;

/** The states of all deployments, as attempts and breakers tell them. */
export class DeploymentStates {
  readonly #states = new Map<string, DeploymentReading>();
  readonly #cooldowns = new Map<string, CooldownCount>();

  /** What an attempt says. Only the breaker takes a deployment out of rotation, and only it puts one back. */
  note(attempt: AttemptFacts, state: 0 | 1): void {
    const known = this.#states.get(attempt.deploymentId);
    if (known === undefined) this.set(attempt, state);
    else if (known.state !== 2) known.state = state;
  }

  set(deployment: LabelledDeployment, state: DeploymentState): void {
    this.#states.set(deployment.deploymentId, { labels: labelsOf(deployment), state });
  }

  /** Counts one opening of a breaker, by what the provider answered last. */
  countCooldown(deployment: LabelledDeployment, failure: ErrorCode): void {
    const exceptionStatus = String(ERRORS[failure].status);
    const key = `${exceptionStatus} ${deployment.deploymentId}`;
    const known = this.#cooldowns.get(key);
    if (known !== undefined) known.count += 1;
    else {
      const labels = { ...labelsOf(deployment), exception_status: exceptionStatus };
      this.#cooldowns.set(key, { labels, count: 1 });
    }
  }

  /** Forgets every deployment that is not named. */
  keep(deploymentIds: ReadonlySet<string>): void {
    for (const id of this.#states.keys()) if (!deploymentIds.has(id)) this.#states.delete(id);
    for (const [key, { labels }] of this.#cooldowns)
      if (!deploymentIds.has(labels.model_id)) this.#cooldowns.delete(key);
  }

  get readings(): readonly DeploymentReading[] {
    return [...this.#states.values()];
  }

  get cooldowns(): readonly CooldownCount[] {
    return [...this.#cooldowns.values()];
  }
}

function labelsOf({
  deploymentId,
  provider,
  model,
  modelLabel = model,
  apiBase,
}: LabelledDeployment): DeploymentReading['labels'] {
  return { litellm_model_name: modelLabel, model_id: deploymentId, api_base: apiBase, api_provider: provider };
}
