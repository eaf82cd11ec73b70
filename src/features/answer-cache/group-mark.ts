import { createHash } from 'node:crypto';
import { canonicalJson } from '../../core/canonical-json.ts';
import type { Deployment } from '../../snapshot/deployment.ts';

/** What groups consist of, as a digest: another model, provider, address or default behind the same name is another one. */
export class GroupMarks {
  readonly #marks = new WeakMap<Deployment, string>();

  of(deployments: readonly Deployment[]): string {
    const marks = deployments.map((deployment) => this.#markOf(deployment));
    return marks.length === 1 ? (marks[0] ?? '') : digest(marks.sort().join('\n'));
  }

  #markOf(deployment: Deployment): string {
    let mark = this.#marks.get(deployment);
    if (mark === undefined) {
      mark = digest(canonicalJson(partsOf(deployment)));
      this.#marks.set(deployment, mark);
    }
    return mark;
  }
}

/** What shapes the answers of a deployment. How often it is chosen and what it costs does not. */
function partsOf({ config, provider, target, dropParams }: Deployment): unknown {
  const { id, defaultParams, extraHeaders, mocks, allowedOpenaiParams } = config;
  const parts = { id, defaultParams, extraHeaders, mocks, allowedOpenaiParams, dropParams };
  return { ...parts, provider: provider.name, address: target.baseUrl, model: target.model };
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64');
