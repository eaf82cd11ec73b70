/**
 * The upstream of the benchmark in a process of its own: the simulator, whose `bench-…` models answer from buffers made
 * beforehand and so cost far less than what is measured.
 */
import { startSimulator } from '../simulator/start.ts';

await startSimulator({ port: Number(process.argv[2] ?? 0) });
process.send?.('ready');
// Ends with the process that started it.
process.on('disconnect', () => process.exit(0));
