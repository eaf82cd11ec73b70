/**
 * Compares the heads of many directions with one, 16 bytes at a time: WebAssembly, assembled here from its instructions
 * (https://webassembly.github.io/spec/core/binary/instructions.html, 2026-11-29), so that nothing binary has to be believed.
 */

/** `scan` writes the places of heads that may be near into `out`, and gives their number. Addresses are in bytes. */
export type Scan = (
  ...given: [
    asked: number,
    heads: number,
    count: number,
    size: number,
    steps: number,
    rests: number,
    errors: number,
    out: number,
    askedStep: number,
    askedRest: number,
    bar: number,
  ]
) => number;

const I32 = 0x7f;
const F32 = 0x7d;
const V128 = 0x7b;
const NO_VALUE = 0x40;

const PARAMETERS = [I32, I32, I32, I32, I32, I32, I32, I32, F32, F32, F32];
const [ASKED, HEADS, COUNT, SIZE, STEPS, RESTS, ERRORS, OUT, ASKED_STEP, ASKED_REST, BAR] =
  PARAMETERS.keys() as Iterable<number>;
const [AT, INDEX, FOUND, SUM] = [11, 12, 13, 14];

const get = (local = 0): number[] => [0x20, local];
const set = (local = 0): number[] => [0x21, local];
const constant = (value: number): number[] => [0x41, value];
const ADD = 0x6a;
const simd = (code: number): number[] => [0xfd, ...unsigned(code)];
/** Alignment says nothing of what is true, and costs nothing. */
const loadVector = [...simd(0x00), 0, 0];
const LOW = simd(0x87);
const HIGH = simd(0x88);
const DOT = simd(0xba);
const ADD_LANES = simd(0xae);
const lane = (at: number): number[] => [...get(SUM), ...simd(0x1b), at];
const loadFact = (base = 0): number[] => [...get(base), ...get(AT), ...constant(2), 0x74, ADD, 0x2a, 2, 0];
const vectorAt = (base = 0): number[] => [...get(base), ...get(INDEX), ADD, ...loadVector];
const productOf = (half: readonly number[]): number[] => [
  ...vectorAt(ASKED),
  ...half,
  ...vectorAt(HEADS),
  ...half,
  ...DOT,
];
const add = (local: number, value: readonly number[]): number[] => [...get(local), ...value, ADD, ...set(local)];
const MULTIPLY_F32 = 0x94;
const ADD_F32 = 0x92;

/** For each head: the product of its bytes, what that can be of the whole at most, and whether this reaches the bar. */
const BODY = [
  ...[0x02, NO_VALUE, 0x03, NO_VALUE],
  ...[...get(AT), ...get(COUNT), 0x4f, 0x0d, 1],
  ...[...simd(0x0c), ...new Array<number>(16).fill(0), ...set(SUM), ...constant(0), ...set(INDEX)],
  ...[0x03, NO_VALUE],
  ...[...get(SUM), ...productOf(LOW), ...ADD_LANES, ...productOf(HIGH), ...ADD_LANES, ...set(SUM)],
  ...[...add(INDEX, constant(16)), ...get(INDEX), ...get(SIZE), 0x49, 0x0d, 0, 0x0b],
  ...add(HEADS ?? 0, get(SIZE)),
  ...[...lane(0), ...lane(1), ADD, ...lane(2), ADD, ...lane(3), ADD, 0xb2],
  ...[...get(ASKED_STEP), MULTIPLY_F32, ...loadFact(STEPS), MULTIPLY_F32],
  ...[...get(ASKED_REST), ...loadFact(RESTS), MULTIPLY_F32, ADD_F32, ...loadFact(ERRORS), ADD_F32],
  ...[...get(BAR), 0x60, 0x04, NO_VALUE],
  ...[...get(OUT), ...get(FOUND), ...constant(2), 0x74, ADD, ...get(AT), 0x36, 2, 0],
  ...[...add(FOUND, constant(1)), 0x0b],
  ...[...add(AT, constant(1)), 0x0c, 0, 0x0b, 0x0b, ...get(FOUND), 0x0b],
];

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  do {
    bytes.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
    left >>>= 7;
  } while (left > 0);
  return bytes;
}

const counted = (bytes: readonly number[], count = bytes.length): number[] => [...unsigned(count), ...bytes];
const section = (id: number, content: readonly number[]): number[] => [id, ...counted(content)];
const name = (text: string): number[] => counted([...Buffer.from(text)]);

function bytesOfModule(): Uint8Array<ArrayBuffer> {
  const locals = [2, 3, I32, 1, V128];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, ...counted(PARAMETERS), 1, I32]),
    ...section(2, [1, ...name('own'), ...name('memory'), 2, 0, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...name('scan'), 0, 0]),
    ...section(10, [1, ...counted([...locals, ...BODY])]),
  ]);
}

interface Memory {
  readonly buffer: ArrayBuffer;
}

/** What of it is used here: to TypeScript it belongs to browsers. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number }) => Memory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly own: { readonly memory: Memory } },
  ) => { readonly exports: { readonly scan: Scan } };
};

const PAGE_BYTES = 65_536;
let module: object | undefined;

/** Bytes of its own, and the function over them. */
export function makeScanned(bytes: number): { readonly buffer: ArrayBuffer; readonly scan: Scan } {
  module ??= new WebAssembly.Module(bytesOfModule());
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) });
  const { scan } = new WebAssembly.Instance(module, { own: { memory } }).exports;
  return { buffer: memory.buffer, scan };
}
