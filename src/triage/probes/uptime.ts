import { inertLine } from '../../lib/text.ts';
import type { Probe } from '../probe.ts';
import { finding } from './kit.ts';

const DEADLINE_MS = 12_000;

/** Whether a host answers at all. Source: `uptime`. */
export function uptime(host: string): Probe {
  return {
    id: `uptime:${host}`,
    title: 'Does the host answer?',
    source: `uptime on ${host}`,
    deadlineMs: DEADLINE_MS,
    host,
    look: async ({ hosts }, signal) => {
      const output = await hosts.run(host, { tool: 'uptime' }, signal);
      return finding('ok', `${host} answers after ${output.tookMs} ms: ${inertLine(output.stdout)}`);
    },
  };
}
