import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Slots, type Slotted } from './slots.ts';

test('holds exactly what was added and not removed, in whatever order', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ isAdd: fc.boolean(), which: fc.nat(20) })), (steps) => {
      const all: Slotted[] = Array.from({ length: 21 }, () => ({ slot: -1 }));
      const slots = new Slots<Slotted>();
      const expected = new Set<Slotted>();
      for (const { isAdd, which } of steps) {
        const item = all[which] as Slotted;
        if (!isAdd) {
          slots.remove(item);
          expected.delete(item);
        } else if (!expected.has(item)) {
          slots.add(item);
          expected.add(item);
        }
        assert.equal(slots.size, expected.size);
        assert.deepEqual(new Set(slots), expected);
      }
    }),
  );
});

test('items may be removed while the list is gone through', () => {
  const slots = new Slots<Slotted>();
  for (let index = 0; index < 10; index += 1) slots.add({ slot: -1 });
  let seen = 0;
  for (const item of slots) {
    seen += 1;
    slots.remove(item);
  }
  assert.equal(seen, 10);
  assert.equal(slots.size, 0);
});
