import type { JsonValue } from '../../core/json.ts';

/** `GET /user/available_roles`: the roles that a user can have, and what they mean. */
export async function availableRoles(): Promise<JsonValue> {
  return {
    proxy_admin: { description: 'Does everything.', ui_label: 'Admin (All Permissions)' },
    proxy_admin_viewer: { description: 'Sees everything.', ui_label: 'Admin (View Only)' },
    internal_user: {
      description: 'Creates, changes and deletes own keys; sees own spend.',
      ui_label: 'Internal User',
    },
    internal_user_viewer: { description: 'Sees own keys and own spend.', ui_label: 'Internal Viewer' },
  };
}
