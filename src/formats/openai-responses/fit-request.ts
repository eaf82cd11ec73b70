/** Brings a request of this format to what its model takes, in both lanes. What the table of models does not know stays as it is. */
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { ModelAbilities } from '../../models/model-abilities.ts';
import type { Dropped } from '../format.ts';
import { nearestEffort } from '../neutral/nearest-effort.ts';
import { isReasoningEffort } from '../neutral/reasoning.ts';
import type { RequestMembers } from '../request-members.ts';

type Report = (dropped: Dropped) => void;

/** How the client said how much to think, if it said it in another format. */
interface Asked {
  readonly field: string;
  /** Whether it may be left out without an error. */
  readonly isHint: boolean;
}

/** Clients of this format send an effort with every request. */
export const OWN: Asked = { field: 'reasoning.effort', isHint: true };

/** The members that a fitting may look at or change. */
export const FITTED_MEMBERS: readonly string[] = ['reasoning', 'text', 'max_output_tokens', 'include'];

/** Fits the members of a request. */
export function fitRequest(
  members: RequestMembers,
  abilities: ModelAbilities,
  model: string,
  report: Report,
  asked: Asked = OWN,
): void {
  const reasoning = members.get('reasoning');
  if (isJsonObject(reasoning)) fitReasoning(members, reasoning, abilities, model, report, asked);
  if (abilities.reasoning?.how === 'never') fitInclude(members);
  if (abilities.verbosity === 'fixed') fitVerbosity(members, model, report);
  const limit = members.get('max_output_tokens');
  const { maxOutputTokens: most } = abilities;
  if (typeof limit !== 'number' || most === undefined || limit <= most) return;
  members.set('max_output_tokens', most);
  const why = `lowered to ${most}, the most that the model '${model}' can write`;
  report({ field: 'max_output_tokens', why, kind: 'fitted' });
}

const SEALED = 'reasoning.encrypted_content';

/**
 * "Encrypted content is not supported with this model" is the answer of a model that does not reason
 * (https://github.com/microsoft/agent-framework/issues/7483, 2026-11-29); Codex and others ask every model for it.
 */
function fitInclude(members: RequestMembers): void {
  const include = members.get('include');
  if (!Array.isArray(include) || !include.includes(SEALED)) return;
  const others = include.filter((each) => each !== SEALED);
  // Nothing is lost that would have to be reported: there is no reasoning to seal.
  if (others.length > 0) members.set('include', others);
  else members.remove('include');
}

function fitVerbosity(members: RequestMembers, model: string, report: Report): void {
  const text = members.get('text');
  if (!isJsonObject(text) || typeof text.verbosity !== 'string' || text.verbosity === 'medium') return;
  const { verbosity: _refused, ...rest } = text;
  members.set('text', rest);
  report({ field: 'verbosity', why: `the model '${model}' takes no verbosity but 'medium'`, kind: 'fitted' });
}

function fitReasoning(
  members: RequestMembers,
  sent: JsonObject,
  { reasoning }: ModelAbilities,
  model: string,
  report: Report,
  { field, isHint }: Asked,
): void {
  const { effort, ...rest } = sent;
  // A word that no model knows: the provider says so in its own words.
  if (reasoning === undefined || (effort !== undefined && effort !== null && !isReasoningEffort(effort))) return;
  if (reasoning.how === 'never') {
    members.remove('reasoning');
    if (!isReasoningEffort(effort) || effort === 'none') return;
    report({ field, why: `the model '${model}' does not reason`, kind: isHint ? 'fitted' : 'unsupported' });
    return;
  }
  if (reasoning.how !== 'effort' || !isReasoningEffort(effort) || reasoning.efforts.includes(effort)) return;
  const spoken = nearestEffort(effort === 'none' ? 'minimal' : effort, reasoning.efforts, reasoning.spelled);
  members.set('reasoning', spoken === undefined ? rest : { ...rest, effort: spoken });
  const why =
    effort === 'none'
      ? `the model '${model}' cannot be kept from thinking`
      : `the model '${model}' knows the efforts ${reasoning.efforts.join(', ')}; sent: ${spoken ?? 'none of them'}`;
  report({ field, why, kind: 'fitted' });
}
