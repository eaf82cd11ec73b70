/** Features of tests: they come in through the same door as those that are delivered. */
import { featureSettings } from '../../src/config/feature-settings.ts';
import { own } from '../../src/config/setting-rows.ts';
import type { Feature, Hooks, World } from '../../src/features/feature.ts';

/** A feature that fills slots whatever the configuration says. */
export function testFeature(name: string, hooks: (world: World) => Hooks | undefined): Feature {
  return {
    name,
    start: (world) => {
      const filled = hooks(world);
      return { hooks: () => filled };
    },
  };
}

/** A feature that is on if the configuration has a section `switchable: { is_on: true }`. */
export function switchableFeature(hooks: Hooks): Feature<{ readonly isOn: boolean }> {
  return {
    name: 'switchable',
    settings: featureSettings({
      name: 'switchable',
      about: 'A switch for tests.',
      rows: { switchable: { is_on: own('flag', 'Switches it on.', 'isOn', false) } },
    }),
    start: () => ({ hooks: ({ isOn }) => (isOn ? hooks : undefined) }),
  };
}
