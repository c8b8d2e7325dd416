import { type RealServer, startReal } from './process.ts';

/** A real node-exporter, showing this machine's figures. */
export interface RealNodeExporter extends RealServer {
  /** `host:port`, as Prometheus' targets are written. */
  readonly target: string;
}

/** Debian's package prometheus-node-exporter. */
export const NODE_EXPORTER = 'prometheus-node-exporter';

/** Starts node-exporter on loopback with the few collectors that tests look at. */
export async function startNodeExporter(): Promise<RealNodeExporter> {
  const server = await startReal({
    program: NODE_EXPORTER,
    args: ({ port }) => [
      `--web.listen-address=127.0.0.1:${port}`,
      '--collector.disable-defaults',
      '--collector.cpu',
      '--collector.filesystem',
      '--collector.loadavg',
      '--collector.meminfo',
      '--collector.uname',
    ],
    readyPath: '/metrics',
  });
  return { ...server, target: `127.0.0.1:${server.port}` };
}
