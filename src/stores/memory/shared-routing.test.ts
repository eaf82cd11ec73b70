import { systemClock } from '../../core/clock.ts';
import { testSharedRouting } from '../contracts/shared-routing.contract.ts';
import { MemoryCluster } from './shared-routing.ts';

testSharedRouting('memory', async () => {
  const cluster = new MemoryCluster(systemClock);
  return { join: async () => cluster.join(), close: async () => undefined };
});
