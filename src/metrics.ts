import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { DeskMeter } from './alerting/desk.ts';
import type { Link } from './audit/record.ts';
import type { CourierMeter } from './chat/courier.ts';
import { type GateMeter, isEnding } from './gate/meter.ts';
import type { RequestState } from './gate/model.ts';
import type { EvidenceStatus } from './triage/evidence.ts';

/** What is counted now, read when somebody scrapes. */
export interface Levels {
  readonly incidentsOpen: () => Promise<number>;
  readonly inbox: () => { readonly entries: number; readonly bytes: number };
  readonly outbox: () => Promise<number>;
  readonly triage: () => Promise<number>;
  readonly requests: (state: RequestState) => Promise<number>;
  /** The audit's head, and whether nothing can be written to it now. */
  readonly audit: () => { readonly head: Link; readonly isUnwritable: boolean };
  readonly parts: () => readonly { readonly part: string; readonly state: string }[];
}

/** The process's metrics: counters for what happened, gauges for what is. Labels are bounded. */
export interface Metrics {
  readonly desk: DeskMeter;
  readonly courier: CourierMeter;
  readonly gate: GateMeter;
  readonly webhook: (status: number) => void;
  readonly worked: (ms: number) => void;
  readonly looked: (probe: string, status: EvidenceStatus, tookMs: number) => void;
  readonly answered: (kind: string, tookMs: number) => void;
  readonly scrape: () => Promise<{ readonly type: string; readonly text: string }>;
}

/** States in which a request is open. */
const OPEN: readonly RequestState[] = ['planned', 'confirming', 'approving', 'ready', 'running', 'verifying'];

/** From the asking to the start, in seconds: people think in between. */
const PATIENCE = [5, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

/** From the start to the end, in seconds: a check takes seconds, a large restore a night. */
const WORK = [1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14_400, 43_200];

/** Hex digits of a hash that a metric's number holds exactly: 48 of 53 bits. */
const HEAD_DIGITS = 12;

/** What the gate's metrics are made of. */
function gateMeter(registers: Registry[]): GateMeter {
  const ended = new Counter({
    name: 'daytwo_gate_requests_total',
    help: 'Requests that ended, by action and end.',
    labelNames: ['action', 'end'],
    registers,
  });
  const refusals = new Counter({
    name: 'daytwo_gate_refusals_total',
    help: 'What the gate turned away, by reason.',
    labelNames: ['why'],
    registers,
  });
  const waited = new Histogram({
    name: 'daytwo_gate_wait_seconds',
    help: 'From the asking to the start.',
    labelNames: ['action'],
    buckets: PATIENCE,
    registers,
  });
  const took = new Histogram({
    name: 'daytwo_gate_running_seconds',
    help: 'From the start to the end, verification included.',
    labelNames: ['action', 'end'],
    buckets: WORK,
    registers,
  });
  return {
    facts: (request, facts) => {
      const { plan, state: end, requestedAt, execution } = request;
      const { action } = plan;
      if (isEnding(request, facts)) ended.inc({ action, end });
      for (const fact of facts) {
        if (fact.is === 'started' && execution)
          waited.observe({ action }, Math.max(0, execution.startedAt - requestedAt) / 1000);
        if (fact.is === 'finished') took.observe({ action, end }, fact.tookMs / 1000);
      }
    },
    refused: (why) => refusals.inc({ why }),
  };
}

/** Builds the registry. */
export function createMetrics(levels: Levels): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const webhooks = new Counter({
    name: 'daytwo_webhooks_total',
    help: 'Webhook requests by status.',
    labelNames: ['status'],
    registers,
  });
  const facts = new Counter({
    name: 'daytwo_incident_facts_total',
    help: 'What happened to incidents.',
    labelNames: ['is'],
    registers,
  });
  const delivered = new Counter({
    name: 'daytwo_messages_delivered_total',
    help: 'Messages and edits that a chat took.',
    labelNames: ['chat'],
    registers,
  });
  const dropped = new Counter({
    name: 'daytwo_messages_dropped_total',
    help: 'Messages that were not sent, by reason.',
    labelNames: ['chat', 'why'],
    registers,
  });
  const retried = new Counter({
    name: 'daytwo_message_retries_total',
    help: 'Deliveries that are tried again, by reason.',
    labelNames: ['chat', 'why'],
    registers,
  });
  const seconds = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
  const waited = new Histogram({
    name: 'daytwo_message_wait_seconds',
    help: 'From writing to delivery.',
    labelNames: ['chat'],
    buckets: seconds,
    registers,
  });
  const work = new Histogram({
    name: 'daytwo_webhook_work_seconds',
    help: 'From a webhook’s coming to its incident.',
    buckets: seconds,
    registers,
  });
  const probes = new Histogram({
    name: 'daytwo_probe_seconds',
    help: 'Looks, by probe and result.',
    labelNames: ['probe', 'status'],
    buckets: seconds,
    registers,
  });
  const answers = new Histogram({
    name: 'daytwo_answer_seconds',
    help: 'Answers to commands and buttons.',
    labelNames: ['kind'],
    buckets: seconds,
    registers,
  });
  const gauge = (name: string, help: string, read: () => Promise<number> | number): void => {
    const made: Gauge = new Gauge({
      name,
      help,
      registers,
      collect: async () => {
        made.set(await read());
      },
    });
  };
  gauge('daytwo_incidents_open', 'Incidents that are open.', levels.incidentsOpen);
  gauge('daytwo_inbox_waiting', 'Notifications stored and not worked in yet.', () => levels.inbox().entries);
  gauge('daytwo_inbox_waiting_bytes', 'Their size.', () => levels.inbox().bytes);
  gauge('daytwo_outbox_waiting', 'Messages not delivered yet.', levels.outbox);
  gauge('daytwo_triage_waiting', 'Incidents whose evidence is not complete yet.', levels.triage);
  const open: Gauge = new Gauge({
    name: 'daytwo_gate_requests_open',
    help: 'Requests that are not over, by state.',
    labelNames: ['state'],
    registers,
    collect: async () => {
      for (const state of OPEN) open.set({ state }, await levels.requests(state));
    },
  });
  gauge('daytwo_audit_entries', 'Entries of the audit.', () => levels.audit().head.seq);
  gauge('daytwo_audit_head', 'The first 48 bits of the hash of its last entry, as a number.', () =>
    Number.parseInt(levels.audit().head.hash.slice(0, HEAD_DIGITS), 16),
  );
  gauge('daytwo_audit_unwritable', 'Whether nothing can be written to the audit, so that nothing is done.', () =>
    Number(levels.audit().isUnwritable),
  );
  const up: Gauge = new Gauge({
    name: 'daytwo_part_up',
    help: 'Whether a part of the bot works.',
    labelNames: ['part'],
    registers,
    collect: () => {
      for (const { part, state } of levels.parts()) if (state !== 'off') up.set({ part }, state === 'up' ? 1 : 0);
    },
  });
  return {
    desk: { fact: (is) => facts.inc({ is }) },
    courier: {
      delivered: (chat, waitedMs) => {
        delivered.inc({ chat });
        waited.observe({ chat }, waitedMs / 1000);
      },
      dropped: (chat, why) => dropped.inc({ chat, why }),
      retried: (chat, why) => retried.inc({ chat, why }),
    },
    gate: gateMeter(registers),
    webhook: (status) => webhooks.inc({ status: String(status) }),
    worked: (ms) => work.observe(ms / 1000),
    looked: (probe, status, tookMs) => probes.observe({ probe, status }, tookMs / 1000),
    answered: (kind, tookMs) => answers.observe({ kind }, tookMs / 1000),
    scrape: async () => ({ type: registry.contentType, text: await registry.metrics() }),
  };
}
