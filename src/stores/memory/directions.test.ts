import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directionOf } from '../../core/direction.ts';
import { Directions } from './directions.ts';

let state = 7;
const random = (): number => {
  state = (state * 48_271) % 2_147_483_647;
  return state / 2_147_483_647 - 0.5;
};

function directionNear(base: Float32Array | undefined, size: number, spread: number): Float32Array {
  const vector = Array.from({ length: size }, (_, at) => (base?.[at] ?? 0) + spread * random());
  const direction = directionOf(vector);
  assert.ok(direction);
  return direction;
}

const dot = (one: Float32Array, other: Float32Array): number =>
  one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);

for (const size of [3, 128, 384, 1_000]) {
  test(`a search over directions of ${size} numbers finds what a comparison with each of them finds, also after removals`, () => {
    const all = new Directions(size);
    const kept: Float32Array[] = [];
    const centre = directionNear(undefined, size, 1);
    for (let index = 0; index < (size === 384 ? 6_000 : 800); index += 1) {
      const direction = directionNear(index % 2 === 0 ? centre : undefined, size, 0.2 * random() + 0.01);
      assert.equal(all.add(direction), kept.length);
      kept.push(direction);
      if (index % 3 !== 0) continue;
      const at = Math.floor((random() + 0.5) * kept.length);
      all.removeAt(at);
      const last = kept.pop();
      if (last !== undefined && at < kept.length) kept[at] = last;
    }
    for (const least of [0.3, 0.7, 0.9]) {
      for (let round = 0; round < 20; round += 1) {
        const asked = directionNear(centre, size, 0.15);
        const expected = kept
          .map((direction, at) => ({ at, similarity: dot(direction, asked) }))
          .filter(({ similarity }) => similarity >= least)
          .sort((one, other) => other.similarity - one.similarity)
          .slice(0, 5);
        const found = all.nearest(asked, least, 5);
        assert.deepEqual(
          found.map(({ at }) => at),
          expected.map(({ at }) => at),
        );
      }
    }
  });
}

test('what is no direction is refused', () => {
  for (const vector of [
    [],
    [0, 0],
    [Number.NaN, 1],
    [Number.POSITIVE_INFINITY, 1],
    [1e200, 1e200],
    new Array(9_000).fill(1),
  ])
    assert.equal(directionOf(vector), undefined);
  assert.equal(directionOf([null, 'x'] as unknown as number[]), undefined);
});
