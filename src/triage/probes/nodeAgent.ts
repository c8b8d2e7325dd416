import { parseJournal } from '../../host/parse/journal.ts';
import { parseUnit } from '../../host/parse/unit.ts';
import type { Probe } from '../probe.ts';
import { journalFinding } from './journal.ts';
import { finding, worst } from './kit.ts';
import { unitLine, unitStatus } from './unitState.ts';

/** What runs the pods of a node, by distribution: kubeadm, k3s server, k3s agent, RKE2. Source: their documented unit names. */
const AGENTS = ['kubelet.service', 'k3s.service', 'k3s-agent.service', 'rke2-server.service', 'rke2-agent.service'];
const LINES = 300;
const DEADLINE_MS = 20_000;
const SINCE_MS = 6 * 3_600_000;

/** The node's own agent (kubelet or k3s): which one it is, its state and what its journal says. */
export function nodeAgent(host: string): Probe {
  return {
    id: `agent:${host}`,
    title: 'Node agent (kubelet or k3s)',
    source: `systemctl and journalctl on ${host}`,
    deadlineMs: DEADLINE_MS,
    host,
    look: async ({ hosts, clock }, signal) => {
      const now = clock.now();
      for (const unit of AGENTS) {
        const state = parseUnit((await hosts.run(host, { tool: 'unit', unit }, signal)).stdout);
        if (!state.found) continue;
        const output = await hosts.run(host, { tool: 'journal', unit, lines: LINES, sinceMs: now - SINCE_MS }, signal);
        const said = journalFinding(parseJournal(output.stdout).lines, unit, now);
        // An agent always complains about something: its words alone are no more than a warning.
        const words = said.status === 'bad' || said.status === 'warn' ? 'warn' : 'ok';
        const down = state.activeState === 'active' ? unitStatus(state) : 'bad';
        return finding(worst([down, words]), `${unit} ${unitLine(state, now)}; ${said.summary}`, said.parts);
      }
      return finding('unknown', `${host} runs neither kubelet nor k3s as a unit of systemd.`);
    },
  };
}
