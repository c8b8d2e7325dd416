import { describe, expect, it } from 'vitest';
import { nodeState } from '../../src/cluster/state/node.ts';

const cordon = { 'f:spec': { 'f:unschedulable': {} } };
const note = { 'f:metadata': { 'f:annotations': { '.': {}, 'f:a/b': {} } } };

describe('who wrote a node', () => {
  it.each<[string, boolean, readonly object[] | undefined, object | undefined]>([
    [
      'tells the cordon and annotations',
      true,
      [
        { manager: 'daytwo', fieldsV1: { ...cordon, ...note } },
        { manager: 'kubelet', fieldsV1: { 'f:status': {} } },
      ],
      { cordon: 'daytwo', annotations: { 'a/b': 'daytwo' } },
    ],
    [
      'tells two apart',
      true,
      [
        { manager: 'kubectl', fieldsV1: cordon },
        { manager: 'daytwo', fieldsV1: note },
      ],
      { cordon: 'kubectl', annotations: { 'a/b': 'daytwo' } },
    ],
    ['is unknown without a record', true, undefined, undefined],
    ['is unknown where nobody is recorded for the cordon', true, [{ manager: 'daytwo', fieldsV1: note }], undefined],
    ['is unknown where the record makes no sense', true, [{ manager: 'x', fieldsV1: 'f:spec' }], undefined],
    ['is left out where there is no cordon', false, [{ manager: 'x', fieldsV1: cordon }], undefined],
  ])('%s', (_, unschedulable, managedFields, expected) => {
    const metadata = { name: 'a', ...(managedFields ? { managedFields } : {}) };
    expect(nodeState({ metadata, spec: { unschedulable } }).writers).toEqual(expected);
  });
});
