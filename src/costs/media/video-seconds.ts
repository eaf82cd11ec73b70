/** How long an MP4 is, from its table of samples. */

const CONTAINERS = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl']);
const MOST_BOXES = 10_000;
/** No camera writes more. */
const MOST_BYTES_PER_SECOND = 50_000_000;

interface Times {
  seconds: number;
  timescale: number;
  boxes: number;
  isFragmented: boolean;
}

/** Seconds of an MP4 or QuickTime file: the longest that a header or a table says. Undefined if it is another file, or in fragments. */
export function videoSeconds(bytes: Buffer): number | undefined {
  if (bytes.toString('latin1', 4, 8) !== 'ftyp') return undefined;
  const times: Times = { seconds: 0, timescale: 0, boxes: 0, isFragmented: false };
  readBoxes(bytes, 0, bytes.length, times);
  if (times.seconds === 0 || times.isFragmented || times.boxes > MOST_BOXES) return undefined;
  return Math.max(times.seconds, bytes.length / MOST_BYTES_PER_SECOND);
}

function readBoxes(bytes: Buffer, start: number, end: number, times: Times): void {
  let at = start;
  while (at + 8 <= end && times.boxes <= MOST_BOXES) {
    times.boxes += 1;
    const short = bytes.readUInt32BE(at);
    const isLong = short === 1 && at + 16 <= end;
    const size = isLong ? Number(bytes.readBigUInt64BE(at + 8)) : short === 0 ? end - at : short;
    const body = at + (isLong ? 16 : 8);
    const stop = Math.min(end, at + size);
    if (stop < body) return;
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (type === 'moof' || type === 'mvex') times.isFragmented = true;
    else if (CONTAINERS.has(type)) readBoxes(bytes, body, stop, times);
    else if (type === 'mvhd' || type === 'mdhd') readHeader(bytes, body, stop, times);
    else if (type === 'stts') readTable(bytes, body, stop, times);
    at = stop;
  }
}

function readHeader(bytes: Buffer, at: number, end: number, times: Times): void {
  const isLong = bytes[at] === 1;
  const scaleAt = at + (isLong ? 20 : 12);
  if (scaleAt + (isLong ? 12 : 8) > end) return;
  times.timescale = bytes.readUInt32BE(scaleAt);
  const duration = isLong ? Number(bytes.readBigUInt64BE(scaleAt + 4)) : bytes.readUInt32BE(scaleAt + 4);
  note(duration, times);
}

function readTable(bytes: Buffer, at: number, end: number, times: Times): void {
  let duration = 0;
  for (let row = at + 8; row + 8 <= end; row += 8) duration += bytes.readUInt32BE(row) * bytes.readUInt32BE(row + 4);
  note(duration, times);
}

function note(duration: number, times: Times): void {
  if (times.timescale > 0) times.seconds = Math.max(times.seconds, duration / times.timescale);
}
