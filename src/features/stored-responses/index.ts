/** Keeps the responses of `/v1/responses` for their clients, so that a later request can name them, over any provider. */
import type { Feature } from '../feature.ts';
import { RunningStoredResponses } from './running-stored-responses.ts';
import { type StoredResponsesConfig, storedResponsesSettings } from './settings.ts';

/** The store of responses. */
export const storedResponses: Feature<StoredResponsesConfig> = {
  name: 'stored-responses',
  settings: storedResponsesSettings,
  start: (world) => new RunningStoredResponses(world),
};
