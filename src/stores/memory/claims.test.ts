import { systemClock } from '../../core/clock.ts';
import { type MakeClaims, testClaims } from '../contracts/claims.contract.ts';
import { testClaimsAgainstModel } from '../contracts/claims.model.contract.ts';
import { MemoryClaims } from './claims.ts';

const make: MakeClaims = async (seed) => {
  const claims = new MemoryClaims({ clock: systemClock, seed });
  return { claims, close: () => claims.close() };
};

testClaims('memory', make);
testClaimsAgainstModel('memory', make, { runs: 1_000 });
