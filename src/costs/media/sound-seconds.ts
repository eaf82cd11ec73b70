/** How long a sound is, from its frames: a header may claim anything. */

/** Seconds of a WAV, MP3, Ogg (Opus, Vorbis) or FLAC file; undefined if the bytes are of another kind. */
export function soundSeconds(bytes: Buffer): number | undefined {
  const begins = bytes.toString('latin1', 0, 4);
  if (begins === 'RIFF') return wavSeconds(bytes);
  if (begins === 'OggS') return oggSeconds(bytes);
  if (begins === 'fLaC') return flacSeconds(bytes);
  return mp3Seconds(bytes);
}

const HIGHEST_SAMPLE_RATE = 384_000;
/** PCM, floating point, A-law, µ-law, and the extensible form of these: a fixed number of bytes for each sample. */
const FIXED_SIZE = new Set([1, 3, 6, 7, 0xfffe]);

function wavSeconds(bytes: Buffer): number | undefined {
  let at = 12;
  while (at + 24 <= bytes.length) {
    const size = bytes.readUInt32LE(at + 4);
    if (bytes.toString('latin1', at, at + 4) !== 'fmt ') {
      at += 8 + size + (size % 2);
      continue;
    }
    const channels = bytes.readUInt16LE(at + 10);
    const rate = bytes.readUInt32LE(at + 12);
    const bits = bytes.readUInt16LE(at + 22);
    if (!FIXED_SIZE.has(bytes.readUInt16LE(at + 8)) || rate < 1 || rate > HIGHEST_SAMPLE_RATE) return undefined;
    if (channels < 1 || channels > 32 || bits < 8 || bits > 64) return undefined;
    // All that follows may be samples, whatever the next header says.
    return (bytes.length - at - 8) / (rate * channels * Math.ceil(bits / 8));
  }
  return undefined;
}

const RATES = [44_100, 48_000, 32_000];
/** Kilobits per second of layer III: of MPEG 1, and of its later versions. */
const BITRATES_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const BITRATES_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

function mp3Seconds(bytes: Buffer): number | undefined {
  let seconds = 0;
  let at = 0;
  while (at + 4 <= bytes.length) {
    const isTag = bytes[at] === 0x49 && bytes[at + 1] === 0x44 && bytes[at + 2] === 0x33;
    if (isTag && at + 10 <= bytes.length) {
      at += 10 + sizeOfTag(bytes, at + 6);
      continue;
    }
    const frame = frameAt(bytes, at);
    if (frame !== undefined) seconds += frame.seconds;
    at += frame?.length ?? 1;
  }
  return seconds === 0 ? undefined : seconds;
}

/** Four bytes of seven bits each. */
function sizeOfTag(bytes: Buffer, at: number): number {
  let size = 0;
  for (let index = 0; index < 4; index += 1) size = size * 128 + ((bytes[at + index] ?? 0) & 0x7f);
  return size;
}

function frameAt(bytes: Buffer, at: number): { readonly length: number; readonly seconds: number } | undefined {
  if (bytes[at] !== 0xff) return undefined;
  const second = bytes[at + 1] ?? 0;
  const third = bytes[at + 2] ?? 0;
  const isLayer3 = (second & 0xe0) === 0xe0 && (second & 0x06) === 0x02;
  const version = (second >> 3) & 3;
  const rate = RATES[(third >> 2) & 3];
  const bitrate = (version === 3 ? BITRATES_1 : BITRATES_2)[third >> 4];
  if (!isLayer3 || version === 1 || rate === undefined || bitrate === undefined || bitrate === 0) return undefined;
  const sampleRate = version === 3 ? rate : version === 2 ? rate / 2 : rate / 4;
  const samples = version === 3 ? 1_152 : 576;
  const length = Math.floor((samples / 8) * ((bitrate * 1_000) / sampleRate)) + ((third >> 1) & 1);
  return { length, seconds: samples / sampleRate };
}

function oggSeconds(bytes: Buffer): number | undefined {
  let perPacket: ((at: number) => number) | undefined;
  let seconds = 0;
  let at = 0;
  let continues = false;
  while (at + 27 <= bytes.length && bytes.toString('latin1', at, at + 4) === 'OggS') {
    const segments = bytes[at + 26] ?? 0;
    let data = at + 27 + segments;
    for (let index = 0; index < segments; index += 1) {
      const size = bytes[at + 27 + index] ?? 0;
      if (!continues) {
        const opened = packetsOf(bytes, data);
        if (opened !== undefined) perPacket = opened;
        else if (perPacket === undefined) return undefined;
        else seconds += perPacket(data);
      }
      continues = size === 255;
      data += size;
    }
    at = data;
  }
  return perPacket === undefined ? undefined : seconds;
}

/** How long a packet is of the stream that begins here; undefined if none begins. */
function packetsOf(bytes: Buffer, at: number): ((at: number) => number) | undefined {
  if (bytes.toString('latin1', at, at + 8) === 'OpusHead') return (packet) => opusSeconds(bytes, packet);
  if (bytes.toString('latin1', at, at + 7) !== '\x01vorbis' || at + 29 > bytes.length) return undefined;
  const rate = bytes.readUInt32LE(at + 12);
  // A packet yields half of its larger block at most.
  const seconds = 2 ** ((bytes[at + 28] ?? 0) >> 4) / 2 / Math.min(Math.max(rate, 1), HIGHEST_SAMPLE_RATE);
  return () => seconds;
}

const OPUS_SILK_MS = [10, 20, 40, 60];
const OPUS_HYBRID_MS = [10, 20];
const OPUS_CELT_MS = [2.5, 5, 10, 20];
const LONGEST_OPUS_PACKET_SECONDS = 0.12;

/** The first byte of a packet says how long its frames are, and how many there are (RFC 6716, 3.1). */
function opusSeconds(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  const config = first >> 3;
  const times =
    config < 12 ? OPUS_SILK_MS[config % 4] : config < 16 ? OPUS_HYBRID_MS[config % 2] : OPUS_CELT_MS[config % 4];
  const code = first & 3;
  const frames = code === 0 ? 1 : code === 3 ? (bytes[at + 1] ?? 0) & 0x3f : 2;
  return Math.min(LONGEST_OPUS_PACKET_SECONDS, ((times ?? 60) * frames) / 1_000);
}

/** What the header says, but no less than the bytes would be without compression. */
function flacSeconds(bytes: Buffer): number | undefined {
  if (bytes.length < 26) return undefined;
  const high = bytes.readUInt32BE(18);
  const rate = high >>> 12;
  if (rate === 0) return undefined;
  const channels = ((high >>> 9) & 7) + 1;
  const bits = ((high >>> 4) & 31) + 1;
  const samples = (high & 15) * 2 ** 32 + bytes.readUInt32BE(22);
  // A header may leave the number of samples open.
  return samples === 0 ? undefined : Math.max(samples / rate, bytes.length / ((rate * channels * bits) / 8));
}
