import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { DeskMeter } from './alerting/desk.ts';
import type { CourierMeter } from './chat/courier.ts';
import type { EvidenceStatus } from './triage/evidence.ts';

/** What is counted now, read when somebody scrapes. */
export interface Levels {
  readonly incidentsOpen: () => Promise<number>;
  readonly inbox: () => { readonly entries: number; readonly bytes: number };
  readonly outbox: () => Promise<number>;
  readonly triage: () => Promise<number>;
  readonly parts: () => readonly { readonly part: string; readonly state: string }[];
}

/** The process's metrics: counters for what happened, gauges for what is. Labels are bounded. */
export interface Metrics {
  readonly desk: DeskMeter;
  readonly courier: CourierMeter;
  readonly webhook: (status: number) => void;
  readonly worked: (ms: number) => void;
  readonly looked: (probe: string, status: EvidenceStatus, tookMs: number) => void;
  readonly answered: (kind: string, tookMs: number) => void;
  readonly scrape: () => Promise<{ readonly type: string; readonly text: string }>;
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
    webhook: (status) => webhooks.inc({ status: String(status) }),
    worked: (ms) => work.observe(ms / 1000),
    looked: (probe, status, tookMs) => probes.observe({ probe, status }, tookMs / 1000),
    answered: (kind, tookMs) => answers.observe({ kind }, tookMs / 1000),
    scrape: async () => ({ type: registry.contentType, text: await registry.metrics() }),
  };
}
