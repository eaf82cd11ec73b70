import type { Migration } from './migration.ts';

/**
 * Conversations that were stored for their clients, with their items; where the items of stored responses are; and the events of
 * responses that are streamed in the background. What belongs to a conversation or a response goes with it, and moves with it.
 */
export const conversationTables: Migration = {
  version: 4,
  name: 'conversations',
  statements: [
    `CREATE TABLE conversations (
      scope TEXT NOT NULL, id TEXT NOT NULL, created_at BIGINT NOT NULL, used_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
      next_position BIGINT NOT NULL, key_hash TEXT NOT NULL, user_id TEXT, team_id TEXT, bytes BIGINT NOT NULL,
      data TEXT NOT NULL, PRIMARY KEY (scope, id))`,
    'CREATE INDEX conversations_expires ON conversations (expires_at)',
    'CREATE INDEX conversations_key ON conversations (key_hash)',
    'CREATE INDEX conversations_user ON conversations (user_id) WHERE user_id IS NOT NULL',
    'CREATE INDEX conversations_team ON conversations (team_id) WHERE team_id IS NOT NULL',
    `CREATE TABLE conversation_items (
      scope TEXT NOT NULL, conversation_id TEXT NOT NULL, position BIGINT NOT NULL, id TEXT NOT NULL,
      key_hash TEXT NOT NULL, user_id TEXT, team_id TEXT, bytes BIGINT NOT NULL, data TEXT NOT NULL,
      PRIMARY KEY (scope, conversation_id, position),
      FOREIGN KEY (scope, conversation_id) REFERENCES conversations (scope, id) ON DELETE CASCADE ON UPDATE CASCADE)`,
    'CREATE INDEX conversation_items_id ON conversation_items (scope, id)',
    'CREATE INDEX conversation_items_key ON conversation_items (key_hash)',
    'CREATE INDEX conversation_items_user ON conversation_items (user_id) WHERE user_id IS NOT NULL',
    'CREATE INDEX conversation_items_team ON conversation_items (team_id) WHERE team_id IS NOT NULL',
    `CREATE TABLE response_items (
      scope TEXT NOT NULL, id TEXT NOT NULL, response_id TEXT NOT NULL, PRIMARY KEY (scope, id, response_id),
      FOREIGN KEY (scope, response_id) REFERENCES responses (scope, id) ON DELETE CASCADE ON UPDATE CASCADE)`,
    'CREATE INDEX response_items_response ON response_items (scope, response_id)',
    `CREATE TABLE response_events (
      scope TEXT NOT NULL, response_id TEXT NOT NULL, first BIGINT NOT NULL, data TEXT NOT NULL,
      PRIMARY KEY (scope, response_id, first),
      FOREIGN KEY (scope, response_id) REFERENCES responses (scope, id) ON DELETE CASCADE ON UPDATE CASCADE)`,
  ],
};
