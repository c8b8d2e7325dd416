import { randomBytes } from 'node:crypto';
import type { Place } from './place.ts';

const VOLUMES = '/api/v1/persistentvolumes';
const ATTACHMENTS = '/apis/storage.k8s.io/v1/volumeattachments';
const COMMON = { accessModes: ['ReadWriteOnce'], storageClassName: '' };

/** A volume that is bound to the claim of that name. It belongs to no namespace. */
async function boundVolume({ api, namespace }: Place, name: string, source: object) {
  // One that is being deleted keeps its name for a while.
  const volume = `${namespace}-${name}-${randomBytes(3).toString('hex')}`;
  await api.create(VOLUMES, {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: volume },
    spec: {
      ...COMMON,
      capacity: { storage: '1Gi' },
      persistentVolumeReclaimPolicy: 'Retain',
      claimRef: { namespace, name },
      ...source,
    },
  });
  await api.create(`/api/v1/namespaces/${namespace}/persistentvolumeclaims`, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: { ...COMMON, volumeName: volume, resources: { requests: { storage: '1Gi' } } },
  });
  return { volume, mount: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: name } }] } };
}

/** A volume on a node's own disk, with its claim. `remove` takes it away. */
export async function localVolume(
  place: Place,
  name: string,
  node: string,
): Promise<{ readonly mount: object; readonly remove: () => Promise<void> }> {
  const is = { key: 'kubernetes.io/hostname', operator: 'In', values: [node] };
  const { volume, mount } = await boundVolume(place, name, {
    local: { path: `/srv/${name}` },
    nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [is] }] } },
  });
  return { mount, remove: () => place.api.remove(`${VOLUMES}/${volume}`) };
}

/** A volume of a driver that nobody plays: what attaches and detaches it is the test. */
export async function csiVolume(place: Place, name: string) {
  const { api } = place;
  const driver = 'nobody.daytwo.dev';
  const { volume, mount } = await boundVolume(place, name, { csi: { driver, volumeHandle: name } });
  const attachment = `${ATTACHMENTS}/${volume}`;
  const detach = async (): Promise<void> => {
    await api.patch(attachment, { metadata: { finalizers: null } });
    await api.remove(attachment);
  };
  return {
    mount,
    name: volume,
    attach: async (nodeName: string): Promise<void> => {
      await api.create(ATTACHMENTS, {
        apiVersion: 'storage.k8s.io/v1',
        kind: 'VolumeAttachment',
        metadata: { name: volume, finalizers: ['daytwo.dev/test'] },
        spec: { attacher: driver, nodeName, source: { persistentVolumeName: volume } },
      });
    },
    detach,
    remove: async (): Promise<void> => {
      await detach();
      await api.remove(`${VOLUMES}/${volume}`);
    },
  };
}
