/** Embeds a text for the gateway itself, with a model group of its configuration. */
import { isJsonObject } from '../core/json.ts';
import type { Embedded, ToEmbed } from '../exchange/embedded.ts';
import { formatParts } from '../formats/index.ts';
import type { Deployment } from '../snapshot/deployment.ts';
import { sendOwnCall } from './own-call.ts';
import type { Parts } from './parts.ts';

/** Asks the best deployment of the group, once, on the platform's account. Undefined: there is no vector. */
export async function embedOwn(asked: ToEmbed, parts: Parts): Promise<Embedded | undefined> {
  const { snapshot, group: name, text, regions, timeoutMs } = asked;
  const needs = { stream: false, tags: [], ...(regions.length > 0 && { regions }) };
  const group = snapshot.groups.resolve(name);
  if (group === undefined) return undefined;
  const { deployments, eligible } = snapshot.router.plan(group, needs);
  const deployment = deployments.slice(0, eligible).find((each) => each.mock === undefined && embeds(each));
  const operation = deployment?.operation('embedding');
  if (deployment === undefined || operation === undefined) return undefined;
  const format = formatParts(operation.format).embedding;
  if (format === undefined) return undefined;
  const { model } = deployment;
  const inputs = [{ kind: 'text', text } as const];
  const body = format.writeRequest({ model, inputs, isSingle: true, extensions: {} }, model);
  const call = { snapshot, deployment, id: 'embedding', operation, body, timeoutMs } as const;
  const answer = await sendOwnCall({ ...call, route: '/cache/semantic', overheadOf: 'answer_cache' }, parts);
  if (answer.json === undefined || !isJsonObject(answer.json)) return undefined;
  const [vector] = format.readAnswer(answer.json).vectors;
  if (vector === undefined) return undefined;
  return { vector, by: JSON.stringify([deployment.provider.name, model, deployment.apiBase]), cost: answer.cost };
}

const embeds = (deployment: Deployment): boolean => deployment.operation('embedding') !== undefined;
