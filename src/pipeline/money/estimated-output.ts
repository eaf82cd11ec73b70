import { ownValue } from '../../core/own-value.ts';
import type { Admission } from '../../exchange/admission.ts';
import type { LimitedModel } from '../../tenancy/accounts.ts';

/**
 * How long the operator says that the answer to a request without a limit will be (`default_estimated_output_tokens`): what its
 * key says, else its team; for the model before all models.
 */
export function estimatedOutput(
  { scopes }: Pick<Admission, 'scopes'>,
  { name, pattern }: LimitedModel,
): number | undefined {
  for (const accounts of scopes) {
    if (!accounts.hasEstimates) continue;
    for (const { limits } of accounts.scopes) {
      const { estimatedOutputTokens, modelEstimatedOutputTokens: byModel } = limits;
      const found = ownValue(byModel, name) ?? ownValue(byModel, pattern ?? name) ?? estimatedOutputTokens;
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
