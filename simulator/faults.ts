import { bodyFaults } from './faults/body-faults.ts';
import type { Fault } from './faults/fault.ts';
import { meaningFaults } from './faults/meaning-faults.ts';
import { socketFaults } from './faults/socket-faults.ts';
import { statusFaults } from './faults/status-faults.ts';
import { streamFaults } from './faults/stream-faults.ts';

/** Every fault by its own name: the table that the guide to the simulator shows. */
export const FAULTS: readonly Fault[] = [
  ...statusFaults,
  ...meaningFaults,
  ...socketFaults,
  ...streamFaults,
  ...bodyFaults,
];

/** A case of a catalogue, spelled with the faults above. */
interface Scenario {
  readonly name: string;
  readonly faults: string;
  readonly is: string;
}

/** The cases that have a number: sixteen ways an upstream fails (`s01` …), and the upstream's part of the list of faults (`f5` …). */
export const SCENARIOS: readonly Scenario[] = [
  { name: 's01', faults: '429-retry-after-2-once', is: '429 with `Retry-After: 2`, once' },
  { name: 's02', faults: '429', is: '429 for ever' },
  { name: 's03', faults: '500-once', is: '500, once' },
  { name: 's04', faults: '503', is: '503 for ever' },
  { name: 's05', faults: 'reset-before-headers', is: 'a reset before the headers' },
  { name: 's06', faults: 'hang-120', is: 'no answer for 120 s' },
  { name: 's07', faults: 'first-token-after-20', is: 'the first token after 20 s' },
  { name: 's08', faults: 'reset-after-40-of-60', is: 'cut after 40 of 60 tokens' },
  { name: 's09', faults: 'stall-after-20-for-30', is: 'silent for 30 s after 20 tokens' },
  { name: 's10', faults: 'malformed-chunk', is: 'one malformed chunk' },
  { name: 's11', faults: 'no-done-open', is: 'never `[DONE]`' },
  { name: 's12', faults: 'context-length', is: '400 `context_length_exceeded`' },
  { name: 's13', faults: 'content-filter', is: 'stopped by the content filter' },
  { name: 's14', faults: 'prefill-rejected+reset-after-40-of-60', is: 'cut, and a prefill is rejected' },
  { name: 's15', faults: 'flap-60', is: 'flaps for 60 s' },
  { name: 's16', faults: '500', is: '500 for ever; the fallback answers' },
  { name: 'f5', faults: 'reset-before-headers', is: 'RST before headers' },
  { name: 'f6', faults: 'reset-after-headers', is: 'RST after headers' },
  { name: 'f7', faults: 'reset-after-10', is: 'RST in the middle of the stream' },
  { name: 'f8', faults: 'fin-after-10', is: 'FIN without the end mark' },
  { name: 'f9', faults: 'hang', is: 'silence before the first byte' },
  { name: 'f10', faults: 'stall-after-10', is: 'silence in the middle of the stream' },
  { name: 'f11', faults: 'drip', is: 'a byte a second' },
  { name: 'f12', faults: 'stale-socket', is: 'a kept connection that is dead' },
  { name: 'f13', faults: 'hang', is: 'a connection of which only our half is open' },
  {
    name: 'f15',
    faults: 'split-1+crlf+bom+comments+multi-line+empty-events+no-trailing-newline',
    is: 'unusual framing, all at once',
  },
  { name: 'f16', faults: 'malformed-chunk', is: 'malformed JSON in one event' },
  { name: 'f17', faults: 'huge-event-10', is: 'an event of 10 MB' },
  { name: 'f18', faults: 'error-in-200', is: 'an error under 200' },
  { name: 'f19', faults: 'error-event', is: 'an error event after text' },
  { name: 'f20', faults: '429-retry-after-negative', is: '429 with a strange Retry-After' },
  { name: 'f21', faults: '529', is: 'overloaded' },
  { name: 'f22', faults: 'length-long', is: 'a wrong Content-Length' },
  { name: 'f23', faults: 'gzip-corrupt', is: 'a damaged gzip body' },
  { name: 'f24', faults: 'header-bomb', is: 'headers beyond measure' },
  { name: 'f25', faults: 'redirect-307', is: 'a redirect to another host' },
  { name: 'f26', faults: 'usage-negative+finish-unknown', is: 'usage and finish reason that make no sense' },
  { name: 'f27', faults: 'indices-duplicate', is: 'indices twice' },
  { name: 'f28', faults: 'infinite', is: 'a stream without end' },
];
