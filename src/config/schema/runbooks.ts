import { z } from 'zod';
import { nearest } from '../../lib/nearest.ts';
import { type LeafParams, notes, oneOf, prose } from '../leaf/leaf.ts';
import { isRemotePath, isUnit } from '../leaf/paths.ts';
import { actionId, matchers, plain } from '../leaf/words.ts';

/** What follows a probe's word. */
type Takes = 'nothing' | 'unit' | 'maybe-path';

/** The probes that a runbook of the file may name. */
export const PROBE_WORDS = {
  df: { takes: 'nothing', meaning: "use of the host's file systems" },
  inodes: { takes: 'nothing', meaning: "inodes of the host's file systems" },
  du: { takes: 'maybe-path', meaning: 'largest folders below a path; below the container and log folders without one' },
  journal: { takes: 'unit', meaning: "the tail of a unit's journal" },
  unit: { takes: 'unit', meaning: 'the state of a unit' },
  uptime: { takes: 'nothing', meaning: 'whether the host answers' },
  conditions: { takes: 'nothing', meaning: 'conditions of the node' },
  events: { takes: 'nothing', meaning: 'recent events of the node or the namespace' },
  pods: { takes: 'nothing', meaning: 'pods in trouble' },
  'top-nodes': { takes: 'nothing', meaning: 'CPU and memory of the nodes' },
  'top-pods': { takes: 'nothing', meaning: 'CPU and memory of the pods' },
  backup: { takes: 'nothing', meaning: 'state of the backup, from its metrics' },
  'backup-trend': { takes: 'nothing', meaning: 'the last runs of the backup, as a picture' },
  'disk-trend': { takes: 'nothing', meaning: 'use of the disk, as a picture' },
  changes: { takes: 'nothing', meaning: 'what changed in the day before' },
} as const satisfies Record<string, { readonly takes: Takes; readonly meaning: string }>;

/** The word for a probe. */
export type ProbeWord = keyof typeof PROBE_WORDS;

/** A probe as the file asks for it; `argument` is a valid unit or absolute path. */
export interface ProbeWish {
  readonly probe: ProbeWord;
  readonly argument: string | undefined;
}

const WORDS = Object.keys(PROBE_WORDS);
const isWord = (word: string): word is ProbeWord => Object.hasOwn(PROBE_WORDS, word);

function wrongWith(takes: Takes, argument: unknown): string | undefined {
  if (argument === undefined) return takes === 'unit' ? 'a unit is missing: write { journal: k3s.service }' : undefined;
  if (typeof argument !== 'string') return 'expected a text after the name of the probe';
  if (takes === 'nothing') return 'this probe takes nothing after its name';
  if (takes === 'unit') return isUnit(argument) ? undefined : 'expected a systemd unit such as k3s.service';
  return isRemotePath(argument) ? undefined : 'expected an absolute path such as /var/log, without ".."';
}

const probe = () =>
  z
    .union([z.string(), z.record(z.string(), z.string().nullable())])
    .transform((value, context): ProbeWish => {
      const [[word = '', given] = [], ...more] =
        typeof value === 'string' ? [[value, undefined] as const] : Object.entries(value);
      const wrong = (message: string, meant?: string) => {
        const params: LeafParams = { whole: true, ...(meant === undefined ? {} : { meant }) };
        context.addIssue({ code: 'custom', message, params });
        return z.NEVER;
      };
      if (more.length > 0) return wrong('expected one probe an entry');
      if (!isWord(word)) return wrong(`expected the name of a probe: ${oneOf(WORDS)}`, nearest(word, WORDS));
      const argument = given ?? undefined;
      const fault = wrongWith(PROBE_WORDS[word].takes, argument);
      return fault === undefined ? { probe: word, argument } : wrong(fault);
    })
    .register(notes, { type: 'probe', expected: 'a probe such as df or { journal: k3s.service }', shown: false });

/** `runbooks:` */
export const runbooks = z
  .array(
    z.strictObject({
      name: plain('a name such as DiskPressure: letters and digits', (value) => /^[A-Z][A-Za-z0-9]{0,63}$/.test(value))
        .describe('A built-in runbook of this name is overridden: what is given here goes before what it says.')
        .meta({ examples: ['DiskPressure'] })
        .optional(),
      match: matchers()
        .describe("Which alerts, in Alertmanager's own syntax. May be left out where `name` names a built-in runbook.")
        .meta({ examples: ['alertname=~"Disk.*",severity="critical"'] })
        .optional(),
      meaning: prose().describe('What the alert means.').optional(),
      impact: prose().describe('What it does to users.').optional(),
      probes: z
        .array(probe())
        .describe('What to look at, in this order; see Probes at the end of this page.')
        .meta({ examples: [['df', 'du', { journal: 'k3s-agent' }]] })
        .optional(),
      checklist: z.array(prose()).describe('What to ask oneself, one sentence an entry.').optional(),
      offer: z
        .array(actionId())
        .describe('Actions to offer under the thread.')
        .meta({ examples: [['node.drain']] })
        .optional(),
    }),
  )
  .describe('Runbooks of your own, beside or over the built-in ones. The first that matches counts.');
