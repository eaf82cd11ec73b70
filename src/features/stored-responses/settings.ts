/** The settings of the store of responses: `general_settings.responses_store…`. */
import { featureSettings } from '../../config/feature-settings.ts';
import { own } from '../../config/setting-rows.ts';

/** Whether responses are stored, how long and how many. */
export interface StoredResponsesConfig {
  readonly isOn: boolean;
  readonly retentionMs: number;
  readonly mostMegabytes: number;
  readonly mostMegabytesOfScope: number;
  readonly isEncrypted: boolean;
  readonly mostInBackground: number;
  readonly letsProviderIdsPass: boolean;
}

const ROWS = {
  general_settings: {
    responses_store: own(
      'flag',
      'Keeps responses and conversations for their clients: `store`, `previous_response_id`, `conversation`, `background`.',
      'isOn',
      true,
    ),
    responses_store_retention: own(
      'duration',
      'How long a response is kept, and a conversation to which nothing is added.',
      'retentionMs',
      '30d',
    ),
    responses_store_max_mb: own(
      'count',
      'Largest response that is kept, with its input, and largest conversation, in MiB.',
      'mostMegabytes',
      8,
    ),
    responses_store_max_mb_per_scope: own(
      'count',
      'How much is kept for one team, or for one user or key without a team, in MiB: of responses, and as much of conversations. The oldest go first.',
      'mostMegabytesOfScope',
      256,
    ),
    responses_store_encrypted: own(
      'flag',
      'Encrypts what is kept, under the salt key or master key.',
      'isEncrypted',
      false,
    ),
    responses_provider_ids: own(
      'flag',
      'Lets requests name what OpenAI or Azure keeps itself: `prompt`, and a `previous_response_id` or `conversation` that is not kept here. Only for a gateway whose keys may all see each other’s: the provider does not tell them apart.',
      'letsProviderIdsPass',
      false,
    ),
    max_background_responses: own(
      'count',
      'How many responses a key may have made in the background at once, on each instance.',
      'mostInBackground',
      16,
    ),
  },
};

/** The rows, and what they say together. */
export const storedResponsesSettings = featureSettings({
  name: 'stored-responses',
  rows: ROWS,
  read: ({ fields }): StoredResponsesConfig => fields,
});
