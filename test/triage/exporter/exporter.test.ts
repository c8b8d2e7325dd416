import { describe, expect, it } from 'vitest';
import { exporterOf } from '../../../src/triage/exporter.ts';

describe('the exporter behind an alert', () => {
  it.each([
    ['the node mixin’s default job', { job: 'node', instance: '10.0.0.5:19100' }, 'node'],
    ['kube-prometheus’ job', { job: 'node-exporter', instance: 'worker-1' }, 'node'],
    ['the default port', { job: 'machines', instance: '10.0.0.5:9100' }, 'node'],
    ['a job that only begins so', { job: 'nodejs', instance: '10.0.0.5:3000' }, 'other'],
    ['the Pushgateway', { job: 'pushgateway', exported_job: 'node' }, 'push'],
    ['kube-state-metrics', { job: 'kube-state-metrics', instance: '10.1.0.9:8080' }, 'state'],
    ['nothing', {}, 'other'],
  ] as const)('is told from %s', (_, labels, exporter) => {
    expect(exporterOf(labels)).toBe(exporter);
  });
});
