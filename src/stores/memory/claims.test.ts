import { systemClock } from '../../core/clock.ts';
import { testClaims } from '../contracts/claims.contract.ts';
import { MemoryClaims } from './claims.ts';

testClaims('memory', async (seed) => {
  const claims = new MemoryClaims({ clock: systemClock, seed });
  return { claims, close: () => claims.close() };
});
