/**
 * Whose metrics an alert is made of; it decides what `instance`, `job`, `namespace` and `pod` mean:
 * - `state`: kube-state-metrics: `instance` and `job` are its own, `namespace` and `pod` the subject's (it is scraped with
 *   honorLabels, or `exported_*` says otherwise)
 * - `node`: node-exporter: `instance` is the machine, `namespace` and `pod` the exporter's own
 * - `push`: Pushgateway: all four are its own, `exported_*` or nothing is the subject's
 * - `other`: whatever the labels say
 */
export type Exporter = 'state' | 'node' | 'push' | 'other';

/** The node mixin's own default is plain `node`. Source: prometheus/node_exporter docs/node-mixin/config.libsonnet, nodeExporterSelector. */
const NODE_EXPORTER_JOB = /^node$|node[-_]?exporter/i;
/** Ports by which an exporter is known where its job was renamed. Source: Prometheus wiki, "Default port allocations". */
const NODE_EXPORTER_PORT = /:9100$/;
const PUSHGATEWAY_PORT = /:9091$/;

/** Recognises the exporter behind an alert's labels. Pure. */
export function exporterOf(labels: Readonly<Record<string, string>>): Exporter {
  const job = labels['job'] ?? '';
  const container = labels['container'] ?? '';
  const instance = labels['instance'] ?? '';
  if (/(?:^|[-_/])(?:kube-state-metrics|ksm)$/.test(job) || container === 'kube-state-metrics') return 'state';
  if (/push[-_]?gateway/i.test(job) || (PUSHGATEWAY_PORT.test(instance) && labels['exported_job'] !== undefined)) {
    return 'push';
  }
  if (NODE_EXPORTER_JOB.test(job) || container === 'node-exporter' || NODE_EXPORTER_PORT.test(instance)) return 'node';
  return 'other';
}
