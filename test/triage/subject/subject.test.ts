import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BackupTarget } from '../../../src/triage/probe.ts';
import type { AskReason, Subject } from '../../../src/triage/runbook.ts';
import { type Knowledge, resolveSubject, subjectNotes } from '../../../src/triage/subject.ts';

const backup = (name: string, host?: string, unit?: string): BackupTarget => ({
  name,
  kind: 'restic',
  host,
  unit,
  repository: undefined,
  paths: [],
  rpoMs: undefined,
  staleAfterMs: undefined,
});

const cluster: Knowledge = {
  nodes: [
    { name: 'node-0', internalIPs: ['10.0.0.1', 'fd00::1'] },
    { name: 'worker-1', internalIPs: ['10.0.0.5'] },
    { name: 'worker-2', internalIPs: ['10.0.0.6'] },
    { name: 'twin-a', internalIPs: ['10.9.9.9'] },
    { name: 'twin-b', internalIPs: ['10.9.9.9'] },
  ],
  pods: [
    { namespace: 'monitoring', name: 'node-exporter-x7x2p', node: 'worker-2' },
    { namespace: 'monitoring', name: 'kube-state-metrics-0', node: 'node-0' },
    { namespace: 'web', name: 'web-1', node: 'worker-1' },
    { namespace: 'web', name: 'pending-1', node: undefined },
    { namespace: 'a', name: 'same', node: 'worker-1' },
    { namespace: 'b', name: 'same', node: 'worker-2' },
  ],
  hosts: [
    { name: 'node-0', via: 'local' },
    { name: 'w1', via: 'ssh', address: 'ops@10.0.0.5' },
    { name: 'nas', via: 'ssh', address: 'ops@192.168.1.9' },
  ],
  backups: [
    backup('restic_k8s_data', 'node-0', 'restic-k8s-backup.service'),
    backup('pg_nightly', 'nas'),
    backup('offsite'),
  ],
};

const alone: Knowledge = { nodes: [], pods: [], hosts: [{ name: 'box', via: 'local' }], backups: [] };
const resolve = (labels: Record<string, string>, knowledge = cluster) =>
  resolveSubject({ alertname: 'Any', ...labels }, knowledge, 0);

describe('the node of a subject', () => {
  it.each<[string, Record<string, string>, string, string | undefined]>([
    ['a node label', { node: 'worker-2' }, 'worker-2', undefined],
    ['a node label over the instance', { node: 'worker-2', instance: '10.0.0.1:9100' }, 'worker-2', undefined],
    ['exported_node over node', { exported_node: 'worker-2', node: 'node-0' }, 'worker-2', undefined],
    ['a hostname label', { hostname: 'worker-1' }, 'worker-1', 'w1'],
    ['instance as the exact node name', { instance: 'worker-1' }, 'worker-1', 'w1'],
    ['instance as node name with port', { instance: 'worker-1:9100' }, 'worker-1', 'w1'],
    ['instance in capitals', { instance: 'WORKER-1:9100' }, 'worker-1', 'w1'],
    ['instance as InternalIP with port', { instance: '10.0.0.5:9100', job: 'node' }, 'worker-1', 'w1'],
    ['instance as IPv6 in brackets', { instance: '[fd00::1]:9100' }, 'node-0', 'node-0'],
    ['instance as bare IPv6', { instance: 'fd00::1' }, 'node-0', 'node-0'],
    ['instance as a host outside the cluster', { instance: '192.168.1.9:9100' }, 'nas', 'nas'],
    ['instance as a host name', { instance: 'nas:9100' }, 'nas', 'nas'],
    ['instance as the exporter pod', { instance: 'node-exporter-x7x2p' }, 'worker-2', undefined],
    [
      'the exporter pod of an overlay address',
      { instance: '10.42.1.7:9100', job: 'node-exporter', namespace: 'monitoring', pod: 'node-exporter-x7x2p' },
      'worker-2',
      undefined,
    ],
    [
      "the subject's pod with kube-state-metrics",
      { instance: '10.0.0.6:8080', job: 'kube-state-metrics', namespace: 'web', pod: 'web-1' },
      'worker-1',
      'w1',
    ],
    [
      'the host of the backup',
      { job: 'pushgateway', exported_job: 'pg_nightly', instance: '10.0.0.5:9091' },
      'nas',
      'nas',
    ],
    ['a configured host where the node label is one', { node: 'w1' }, 'worker-1', 'w1'],
    ['a pod of one namespace', { namespace: 'a', pod: 'same' }, 'worker-1', 'w1'],
  ])('is found by %s', (_, labels, node, host) => {
    expect(resolve(labels)).toMatchObject({ node, host, unresolved: undefined });
  });

  it.each<[string, Record<string, string>, AskReason, Knowledge]>([
    ['nothing names a machine', {}, 'no-label', cluster],
    ['an unknown node is named', { node: 'worker-9' }, 'unknown-name', cluster],
    [
      'an unknown node is named beside a known instance',
      { node: 'gone', instance: '10.0.0.5:9100' },
      'unknown-name',
      cluster,
    ],
    ['the address is unknown', { instance: '10.77.0.1:9100' }, 'unknown-name', cluster],
    ['two nodes share the address', { instance: '10.9.9.9:9100' }, 'ambiguous', cluster],
    ['localhost among several hosts', { instance: 'localhost:9100' }, 'loopback', cluster],
    [
      '127.0.0.1 with one ssh host',
      { instance: '127.0.0.1:9100' },
      'loopback',
      { ...alone, hosts: [{ name: 'x', via: 'ssh' }] },
    ],
    [
      'only kube-state-metrics is named',
      { job: 'kube-state-metrics', instance: '10.0.0.5:8080' },
      'exporter-own',
      cluster,
    ],
    ['only the Pushgateway is named', { job: 'pushgateway', instance: '10.0.0.5:9091' }, 'exporter-own', cluster],
    ['the cluster is away', { node: 'worker-2' }, 'nodes-unknown', { ...cluster, nodes: undefined }],
    [
      'the cluster is away, by address',
      { instance: '10.0.0.6:9100' },
      'nodes-unknown',
      { ...cluster, nodes: undefined },
    ],
    ['the instance is a URL', { instance: 'https://shop.example/' }, 'no-label', cluster],
    ['the instance is hostile', { instance: '-oProxyCommand=x' }, 'no-label', cluster],
    ['the port is none', { instance: 'worker-1:99999' }, 'no-label', cluster],
    ['the pod has no node yet', { namespace: 'web', pod: 'pending-1' }, 'no-label', cluster],
    ['two pods have the name', { pod: 'same' }, 'no-label', cluster],
    [
      'one host of a cluster with more nodes',
      {},
      'no-label',
      { ...cluster, hosts: [{ name: 'node-0', via: 'local' }] },
    ],
    [
      'one host that is another machine than the only node',
      {},
      'no-label',
      { ...alone, nodes: [{ name: 'far', internalIPs: [] }] },
    ],
  ])('is asked for when %s', (_, labels, reason, knowledge) => {
    expect(resolve(labels, knowledge)).toMatchObject({ node: undefined, host: undefined, unresolved: { reason } });
  });

  it.each([
    ['localhost', { instance: 'localhost:9100' }],
    ['127.0.0.1', { instance: '127.0.0.1:9100' }],
    ['::1', { instance: '[::1]:9100' }],
    ['nothing at all', {}],
    ['a Pushgateway', { job: 'pushgateway', instance: '127.0.0.1:9091' }],
  ])('is the only local host for %s', (_, labels) => {
    expect(resolve(labels, alone)).toMatchObject({ node: 'box', host: 'box' });
  });

  it('is known from the configuration while the cluster is away', () => {
    expect(resolve({ node: 'node-0' }, { ...cluster, nodes: undefined })).toMatchObject({
      node: 'node-0',
      host: 'node-0',
    });
  });

  it('finds the host by its address where its name is another', () => {
    expect(resolve({ node: 'worker-1' }).host).toBe('w1');
  });
});

describe('the other fields', () => {
  it.each<[string, Record<string, string>, Partial<Subject>]>([
    ['namespace and pod', { namespace: 'web', pod: 'web-1' }, { namespace: 'web', pod: 'web-1' }],
    ['the exported ones first', { exported_namespace: 'shop', namespace: 'cert-manager' }, { namespace: 'shop' }],
    [
      "not the node-exporter's own",
      { job: 'node-exporter', namespace: 'monitoring', pod: 'x' },
      { namespace: undefined, pod: undefined },
    ],
    ['no namespace that is none', { namespace: 'Web"} or up{' }, { namespace: undefined }],
    ['no pod with a slash', { pod: '../x' }, { pod: undefined }],
    ['the job that pushed', { job: 'pushgateway', exported_job: 'restic_k8s_data' }, { job: 'restic_k8s_data' }],
    ['a plain job', { job: 'restic_k8s_data' }, { job: 'restic_k8s_data' }],
    ["not kube-state-metrics' job", { job: 'kube-state-metrics' }, { job: undefined }],
    ['no job that is none', { job: 'a b{}' }, { job: undefined }],
    ['a mount point', { mountpoint: '/var/lib' }, { mountpoint: '/var/lib' }],
    ['no relative mount point', { mountpoint: '../etc' }, { mountpoint: undefined }],
    ['no mount point that climbs', { mountpoint: '/var/../etc' }, { mountpoint: undefined }],
    ['a unit by its suffix', { name: 'restic-backup.service' }, { unit: 'restic-backup.service' }],
    ['no unit in a plain name', { name: 'my-certificate' }, { unit: undefined }],
    ['no unit with a hyphen first', { name: '--force.service' }, { unit: undefined }],
    ['a job of batch', { job_name: 'nightly-1' }, { jobName: 'nightly-1' }],
    ['a cron job', { cronjob: 'nightly' }, { jobName: 'nightly' }],
    ['a claim', { persistentvolumeclaim: 'data-0' }, { claim: 'data-0' }],
    ['a workload', { statefulset: 'db' }, { workload: 'StatefulSet/db' }],
    ['no workload that is none', { deployment: 'web;rm' }, { workload: undefined }],
    ['a name for the unnamed', { alertname: '' }, { alertname: 'unnamed alert', severity: 'none' }],
  ])('take %s', (_, labels, expected) => {
    expect(resolve(labels)).toMatchObject(expected);
  });

  it.each<[string, Record<string, string>, string | undefined]>([
    ['its job', { job: 'restic_k8s_data' }, 'restic_k8s_data'],
    ['its exported job', { job: 'pushgateway', exported_job: 'pg_nightly' }, 'pg_nightly'],
    ['its name in the label backup', { backup: 'offsite' }, 'offsite'],
    ['its unit', { name: 'restic-k8s-backup.service' }, 'restic_k8s_data'],
    ['its name with other separators', { job: 'restic-k8s-data' }, 'restic_k8s_data'],
    ['nothing', { job: 'other' }, undefined],
  ])('find the backup by %s', (_, labels, name) => {
    expect(resolve(labels).backup?.name).toBe(name);
  });
});

describe('subjectNotes', () => {
  it.each([
    ['nothing where the host is known', { node: 'node-0' }, []],
    [
      'which host is missing',
      { node: 'worker-2' },
      ['worker-2 is not among the configured hosts, so its disks, units and journals are not looked at.'],
    ],
    [
      'why no machine is looked at',
      { node: 'gone' },
      ['"gone" is neither a node of the cluster nor a configured host. So no machine is looked at.'],
    ],
  ])('say %s', (_, labels, notes) => {
    expect(subjectNotes(resolve(labels))).toEqual(notes);
  });
});

it('lets nothing through that its grammar forbids, whatever the labels are', () => {
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('web-1', 'worker-1', '-x', 'a"b', '$(id)', '/var', '10.0.0.5:9100', 'x.service', '\u202e', 'a\nb'),
  );
  const name = fc.constantFrom(
    'alertname',
    'node',
    'instance',
    'exported_instance',
    'namespace',
    'pod',
    'job',
    'exported_job',
    'mountpoint',
    'name',
    'unit',
    'job_name',
    'cronjob',
    'persistentvolumeclaim',
    'deployment',
    'hostname',
    'host',
    'severity',
  );
  fc.assert(
    fc.property(fc.dictionary(name, value), (labels) => {
      const subject = resolve(labels);
      const dns = [subject.namespace, subject.pod, subject.jobName, subject.claim, subject.workload?.split('/')[1]];
      for (const one of dns) expect(one ?? 'ok').toMatch(/^[a-z0-9][a-z0-9.-]*$/);
      for (const one of [subject.node, subject.host])
        expect(one ?? 'nas').toMatch(/^(node-0|worker-[12]|twin-[ab]|nas|w1)$/);
      expect(subject.job ?? 'ok').toMatch(/^[A-Za-z0-9][\w.:/@-]*$/);
      expect(subject.mountpoint ?? '/').toMatch(/^\//);
      expect(subject.unit ?? 'x.service').toMatch(/^[\w:.\\@][\w:.\\@-]*$/);
      expect(`${subject.alertname}${subject.severity}${subject.unresolved?.text}`).not.toMatch(/[\n\u202e]/);
    }),
  );
});
