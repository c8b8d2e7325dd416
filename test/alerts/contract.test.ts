import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtIn } from '../../alerts/index.ts';
import { codeOf } from '../../src/lib/errors.ts';
import type { Subject } from '../../src/triage/runbook.ts';
import { resolveSubject } from '../../src/triage/subject.ts';
import { type AskedWorld, fakeWorld, NIGHT, subject } from '../support/world.ts';

const kebab = (name: string) => name.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();

const full: Subject = subject({
  alertname: 'Full',
  node: 'worker-1',
  host: 'w1',
  namespace: 'web',
  pod: 'web-1',
  backup: {
    name: 'restic_k8s_data',
    kind: 'restic',
    host: 'w1',
    unit: 'restic.service',
    repository: undefined,
    paths: [],
    rpoMs: 86_400_000,
    staleAfterMs: undefined,
  },
  job: 'restic_k8s_data',
  mountpoint: '/var',
  unit: 'k3s.service',
  jobName: 'nightly-1',
  claim: 'data-0',
  workload: 'Deployment/web',
});

/** Runs every probe of a runbook against a world where nothing is found, and returns what was asked. */
async function lookAll(world: AskedWorld, from: Subject): Promise<AskedWorld['asked']> {
  const signal = new AbortController().signal;
  for (const book of builtIn) {
    for (const probe of book.probes(from)) await probe.look(world, signal).catch((error: unknown) => codeOf(error));
  }
  return world.asked;
}

describe('the index', () => {
  it('holds every file of the folder, each under its own name', () => {
    const files = readdirSync(new URL('../../alerts/', import.meta.url)).filter((name) => name !== 'index.ts');
    expect(builtIn.map(({ name }) => `${kebab(name)}.ts`).toSorted()).toEqual(files.toSorted());
  });

  it('names each once and ends with the default', () => {
    expect(new Set(builtIn.map(({ name }) => name)).size).toBe(builtIn.length);
    expect(builtIn.at(-1)?.name).toBe('AnyAlert');
  });
});

describe.each(builtIn.map((book) => [book.name, book] as const))('%s', (name, book) => {
  it('has a name, matches, and texts of a length that is read at night', () => {
    expect(name).toMatch(/^[A-Z][A-Za-z]+$/);
    expect(book.matches.length > 0).toBe(name !== 'AnyAlert');
    for (const row of book.matches) expect(Object.keys(row)).toContain('alertname');
    for (const text of [book.meaning, book.impact]) {
      expect(text).toMatch(/^[A-Za-z].{20,200}\.$/);
    }
    expect(book.checklist.length).toBeGreaterThanOrEqual(3);
    expect(book.checklist.length).toBeLessThanOrEqual(5);
    for (const text of book.checklist) expect(text).toMatch(/^.{15,140}[.?]$/);
  });

  it.each([
    ['a subject of which nothing is known', subject()],
    ['a subject of which everything is known', full],
  ])('looks with bounded probes at %s', (_, from) => {
    const probes = book.probes(from);
    expect(probes.length).toBeGreaterThanOrEqual(2);
    expect(probes.length).toBeLessThanOrEqual(13);
    expect(new Set(probes.map(({ id }) => id)).size).toBe(probes.length);
    for (const probe of probes) {
      expect(probe.id).toMatch(/^[a-z-]+:/);
      expect(probe.title).toMatch(/^.{3,80}$/);
      expect(probe.source).not.toBe('');
      expect(probe.deadlineMs).toBeGreaterThan(0);
      expect(probe.deadlineMs).toBeLessThanOrEqual(60_000);
    }
  });

  it('looks at a host only where one is known', () => {
    expect(book.probes(subject()).filter(({ host }) => host !== undefined)).toEqual([]);
  });

  it('offers only what it has the arguments for', () => {
    expect(book.offers(subject())).toEqual([]);
    for (const { action, label, args } of book.offers(full)) {
      expect(action).toMatch(/^[a-z]+\.[a-z-]+$/);
      expect(label.length).toBeLessThanOrEqual(40);
      expect(Object.values(args).every((value) => value !== '')).toBe(true);
    }
  });

  it('throws what the ports throw where nothing is set up', async () => {
    const signal = new AbortController().signal;
    for (const probe of book.probes(full)) {
      const found = await probe.look(fakeWorld(), signal).then(({ status }) => status, codeOf);
      expect(['not-configured', 'unknown']).toContain(found);
    }
  });

  it('stops when cancelled', async () => {
    for (const probe of book.probes(full)) {
      const found = await probe
        .look(fakeWorld({ nodes: [] }), AbortSignal.abort())
        .then(({ status }) => status, codeOf);
      expect(found).toBe('cancelled');
    }
  });
});

describe('hostile labels', () => {
  /** Takes string literals out of PromQL as Go reads them; what is left must be ours. */
  const unquoted = (expression: string) => expression.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  const quiet = () =>
    fakeWorld({
      nodes: [],
      nodeUse: [],
      pods: [],
      podUse: [],
      events: [],
      rollouts: [],
      past: [],
      host: () => ({ stdout: '' }),
      query: () => [],
      range: () => [],
    });
  const HOSTILE = [
    '"} or up{x="',
    '$(reboot)',
    '; rm -rf /',
    '--help',
    '\n',
    '`id`',
    "'",
    '\\"',
    '../../etc/shadow',
    '\u202e',
  ];
  const NAMES = [
    'instance', 'node', 'namespace', 'pod', 'job', 'exported_job', 'mountpoint', 'name', 'unit', 'job_name',
    'persistentvolumeclaim', 'schedule', 'deployment', 'hostname', 'container', 'device', 'exported_namespace',
  ]; // biome-ignore format: a list of names

  it('never reach a command, and reach PromQL only within quotes', async () => {
    const knowledge = {
      nodes: [{ name: 'worker-1', internalIPs: ['10.0.0.5'] }],
      pods: [],
      hosts: [{ name: 'worker-1', via: 'local' }],
      backups: [],
    };
    const benign = await lookAll(quiet(), resolveSubject({ alertname: 'A' }, knowledge, NIGHT));
    const shapes = new Set(benign.expressions.map(unquoted));
    const value = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...HOSTILE) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.constantFrom(...NAMES), value), async (labels) => {
        const from = resolveSubject({ alertname: 'A', ...labels, node: 'worker-1' }, knowledge, NIGHT);
        const asked = await lookAll(quiet(), from);
        for (const command of asked.commands) {
          if ('unit' in command) expect(command.unit).toMatch(/^[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]*$/);
          if ('path' in command) expect(command.path).toMatch(/^(\/[A-Za-z0-9._-]+)+$/);
        }
        for (const expression of asked.expressions) {
          // Selectors differ by which labels are there; a label's text never shows outside of quotes.
          const skeleton = unquoted(expression);
          expect(shapes.has(skeleton) || /^[\w\s{}=~!,()*/<>.|:[\]"+-]*$/.test(skeleton), skeleton).toBe(true);
          for (const text of ['up{x=', ...HOSTILE.slice(1)]) expect(skeleton).not.toContain(text);
        }
      }),
      { numRuns: 30 },
    );
  });
});
