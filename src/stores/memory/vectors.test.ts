import { DrivenClock } from '../../../test/support/driven-clock.ts';
import { testVectors } from '../contracts/vectors.contract.ts';
import { MemoryVectors } from './vectors.ts';

testVectors('memory', async (use) => {
  const clock = new DrivenClock();
  await use({ store: new MemoryVectors(clock, 100, 1_000_000), pass: (ms) => clock.forward(ms) });
});
