import type { ManagementRoute } from '../contract.ts';
import { EVERYONE } from '../roles.ts';

/** `POST /key/health`: whether the calling key works. It does, or this would not be answered. */
export const keyHealth: ManagementRoute = {
  method: 'POST',
  paths: ['/key/health'],
  roles: EVERYONE,
  answer: async () => ({ body: { key: 'healthy', logging_callbacks: null } }),
};
