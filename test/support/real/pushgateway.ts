import { type RealServer, startReal } from './process.ts';

/** A real Pushgateway. */
export interface RealPushgateway extends RealServer {
  /** `host:port`, as Prometheus' targets are written. */
  readonly target: string;
  /** Pushes gauges as a backup script does: `POST` keeps the group's other metrics, `PUT` (replace) drops them. */
  push(
    group: Readonly<Record<string, string>>,
    gauges: Readonly<Record<string, number>>,
    options?: { readonly replace?: boolean },
  ): Promise<void>;
  /** Forgets a group. */
  forget(group: Readonly<Record<string, string>>): Promise<void>;
}

/** Debian's package prometheus-pushgateway. */
export const PUSHGATEWAY = 'prometheus-pushgateway';

/** Starts a Pushgateway on loopback that keeps nothing: Debian's default is a file under /var/lib that every start would share. */
export async function startPushgateway(): Promise<RealPushgateway> {
  const server = await startReal({
    program: PUSHGATEWAY,
    args: ({ port }) => [`--web.listen-address=127.0.0.1:${port}`, '--persistence.file='],
    readyPath: '/-/ready',
  });
  const send = async (method: string, group: Readonly<Record<string, string>>, body?: string): Promise<void> => {
    const response = await fetch(server.url + pathOf(group), body === undefined ? { method } : { method, body });
    if (!response.ok) throw new Error(`the Pushgateway refused: ${response.status} ${await response.text()}`);
  };
  return {
    ...server,
    target: `127.0.0.1:${server.port}`,
    push: (group, gauges, options = {}) =>
      send(
        options.replace ? 'PUT' : 'POST',
        group,
        Object.entries(gauges)
          .map(([name, value]) => `# TYPE ${name} gauge\n${name} ${value}\n`)
          .join(''),
      ),
    forget: (group) => send('DELETE', group),
  };
}

/** `job` comes first; values are Base64, so that any text can be one. Source: the Pushgateway's README, "URL". */
function pathOf(group: Readonly<Record<string, string>>): string {
  const { job, ...others } = group;
  return `/metrics${Object.entries({ job: job ?? 'test', ...others })
    .map(([name, value]) => `/${name}@base64/${Buffer.from(value).toString('base64url') || '='}`)
    .join('')}`;
}
