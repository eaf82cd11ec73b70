/** The settings of recordings: `record:`. */
import { featureSettings } from '../../config/feature-settings.ts';
import { own } from '../../config/setting-rows.ts';

/** Whose requests are recorded, how, and how much. */
export interface RecordingConfig {
  readonly keys?: readonly string[];
  readonly teams?: readonly string[];
  readonly groups?: readonly string[];
  readonly withWords: boolean;
  readonly mostMegabytes: number;
  readonly retentionMs: number;
}

const ROWS = {
  record: {
    keys: own('texts', 'Keys whose requests are recorded: aliases, or hashes as `/key/list` shows them.', 'keys'),
    teams: own('texts', 'Teams whose requests are recorded, by id.', 'teams'),
    groups: own('texts', 'Model groups: requests for them are recorded; `*` for all.', 'groups'),
    words: own(
      'flag',
      'Records the words themselves. Without it words are replaced by others of the same length, by a secret of the gateway: equal texts stay equal, and none can be read.',
      'withWords',
      false,
    ),
    max_mb: own('count', 'How much is kept, in MiB; the oldest go first.', 'mostMegabytes', 256),
    retention: own('duration', 'How long a recording is kept.', 'retentionMs', '14d'),
  },
};

/** The rows. Without `keys`, `teams` or `groups` nothing is recorded. */
export const recordingSettings = featureSettings({
  name: 'recording',
  rows: ROWS,
  about: 'Which requests are recorded for `sluice replay`; [the guide](../guides/replay.md).',
  read: ({ fields }): RecordingConfig => fields,
});
