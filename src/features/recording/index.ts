import type { Feature } from '../feature.ts';
import { RunningRecording } from './running-recording.ts';
import { type RecordingConfig, recordingSettings } from './settings.ts';

/** Records requests for replays. Guide: docs/guides/replay.md. */
export const recording: Feature<RecordingConfig> = {
  name: 'recording',
  settings: recordingSettings,
  metrics: [
    { name: 'sluice_recordings_total', type: 'counter', help: 'Requests that were recorded for replays.' },
    {
      name: 'sluice_recordings_dropped_total',
      type: 'counter',
      help: 'Requests that were not recorded although they should have been: too large, too many at once, or the database was unavailable.',
    },
  ],
  start: (world) => new RunningRecording(world),
};
