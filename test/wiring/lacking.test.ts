import { expect, it } from 'vitest';
import { whatLacks } from '../../src/wiring/lacking.ts';

it.each([
  ['node.drain', /^No cluster is configured: name its kubeconfig under `cluster`/],
  ['node.uncordon', /^No cluster/],
  ['disk.pods', /^No cluster/],
  ['disk.images', /^No host is configured: name the node under `hosts`/],
  ['disk.journal', /^No host/],
])('says what %s takes', (action, words) => {
  expect(whatLacks(action)).toMatch(words);
});

it('knows nothing of others', () => {
  expect(whatLacks('backup.run')).toBeUndefined();
});
