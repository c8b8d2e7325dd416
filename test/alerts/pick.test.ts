import { describe, expect, it } from 'vitest';
import { builtIn } from '../../alerts/index.ts';
import { pickRunbook } from '../../src/triage/pick.ts';
import wild from '../captures/alerts/in-the-wild.json' with { type: 'json' };

const pick = (labels: Record<string, string>) => pickRunbook(builtIn, [], labels).name;

describe('the built-in runbooks', () => {
  it.each([
    ['NodeFilesystemSpaceFillingUp', 'DiskPressure'],
    ['NodeFilesystemAlmostOutOfSpace', 'DiskPressure'],
    ['NodeFilesystemAlmostOutOfFiles', 'DiskPressure'],
    ['HostOutOfDiskSpace', 'DiskPressure'],
    ['HostOutOfInodes', 'DiskPressure'],
    ['DiskPressure', 'DiskPressure'],
    ['DiskFillingUp', 'DiskPressure'],
    ['KubernetesNodeDiskPressure', 'DiskPressure'],
    ['KubeNodeNotReady', 'NodeNotReady'],
    ['KubeNodeUnreachable', 'NodeNotReady'],
    ['KubernetesNodeNotReady', 'NodeNotReady'],
    ['NodeDown', 'NodeNotReady'],
    ['KubeletDown', 'NodeNotReady'],
    ['KubernetesNodeMemoryPressure', 'NodeMemoryPressure'],
    ['HostOutOfMemory', 'NodeMemoryPressure'],
    ['HighCPU', 'NodeLoad'],
    ['NodeCPUHighUsage', 'NodeLoad'],
    ['KubeletTooManyPods', 'NodeLimits'],
    ['KubePodCrashLooping', 'PodCrashLooping'],
    ['KubernetesContainerOomKiller', 'PodCrashLooping'],
    ['KubePodNotReady', 'PodNotReady'],
    ['KubeContainerWaiting', 'PodNotReady'],
    ['KubePersistentVolumeFillingUp', 'VolumeFillingUp'],
    ['KubernetesPersistentvolumeclaimPending', 'VolumeNotBound'],
    ['KubeJobFailed', 'JobFailed'],
    ['KubernetesCronjobFailing', 'JobFailed'],
    ['KubeDeploymentReplicasMismatch', 'WorkloadIncomplete'],
    ['KubeStatefulSetReplicasMismatch', 'WorkloadIncomplete'],
    ['KubeHpaMaxedOut', 'WorkloadIncomplete'],
    ['KubeletClientCertificateExpiration', 'CertificateExpiring'],
    ['KubeClientCertificateExpiration', 'CertificateExpiring'],
    ['CertManagerCertExpirySoon', 'CertificateExpiring'],
    ['CertManagerCertNotReady', 'CertificateExpiring'],
    ['Cert-managerCertificateExpiringSoon', 'CertificateExpiring'],
    ['SslCertificateExpiry(<7Days)', 'CertificateExpiring'],
    ['etcdMembersDown', 'EtcdTrouble'],
    ['EtcdNoLeader', 'EtcdTrouble'],
    ['EtcdBackupFailed', 'BackupFailed'],
    ['EtcdBackupTooOld', 'BackupStale'],
    ['BackupFailed', 'BackupFailed'],
    ['ResticBackupFailed', 'BackupFailed'],
    ['K8upBackupFailed', 'BackupFailed'],
    ['BackupStale', 'BackupStale'],
    ['BackupTooOld', 'BackupStale'],
    ['RedisMissingBackup', 'BackupStale'],
    ['BackupSizeDrop', 'BackupUnusual'],
    ['OCIBucketNearLimit', 'BackupUnusual'],
    ['VeleroBackupFailed', 'VeleroBackup'],
    ['VeleroBackupStale', 'VeleroBackup'],
    ['VeleroRestoreFailed', 'VeleroBackup'],
    ['TargetDown', 'TargetDown'],
    ['InstanceDown', 'TargetDown'],
    ['KubeAPIDown', 'TargetDown'],
    ['CertManagerAbsent', 'TargetDown'],
    ['KubeAPIErrorBudgetBurn', 'ApiServer'],
    ['KubeCPUOvercommit', 'CapacityShort'],
    ['NodeSystemdServiceFailed', 'SystemdUnitFailed'],
    ['SystemdServiceCrashLooping', 'SystemdUnitFailed'],
    ['PrometheusNotConnectedToAlertmanagers', 'MonitoringTrouble'],
    ['KubernetesHpaUnderutilized', 'WorkloadIncomplete'],
    ['SomethingOfTheirOwn', 'AnyAlert'],
    ['', 'AnyAlert'],
    ['xDiskPressure', 'AnyAlert'],
    ['DiskPressure\n', 'AnyAlert'],
  ])('take %s for %s', (alertname, expected) => {
    expect(pick({ alertname })).toBe(expected);
  });

  it.each([
    [{ alertname: 'KubeNodePressure', condition: 'DiskPressure' }, 'DiskPressure'],
    [{ alertname: 'KubeNodePressure', condition: 'MemoryPressure' }, 'NodeMemoryPressure'],
    [{ alertname: 'KubeNodePressure', condition: 'PIDPressure' }, 'NodeLimits'],
    [{ alertname: 'KubeNodePressure', condition: 'NetworkUnavailable' }, 'NodeNotReady'],
    [{ alertname: 'KubeNodePressure' }, 'NodeLimits'],
    [{ alertname: 'KubeNodeEviction', eviction_signal: 'nodefs.available' }, 'DiskPressure'],
    [{ alertname: 'KubeNodeEviction', eviction_signal: 'memory.available' }, 'NodeMemoryPressure'],
  ])('take %j for %s', (labels, expected) => {
    expect(pick(labels)).toBe(expected);
  });

  it('have one of their own for most of what users run on a cluster', () => {
    const named = wild.filter(({ name }) => pick({ alertname: name }) !== 'AnyAlert');
    // The rest is Ceph, NVMe-oF, IPMI, Cilium, PostgreSQL, Redis and other software that needs an expert of its own.
    expect([named.length, wild.length]).toEqual([330, 568]);
    const bySource = (source: string) => {
      const all = wild.filter((one) => one.source === source);
      return all.filter((one) => named.includes(one)).length / all.length;
    };
    expect(bySource('prometheus-operator/kube-prometheus')).toBeGreaterThan(0.9);
    expect(bySource('etcd-io/etcd')).toBe(1);
    expect(bySource('vmware-tanzu/helm-charts')).toBe(1);
    expect(bySource('public rules by text search')).toBeGreaterThan(0.9);
  });
});
