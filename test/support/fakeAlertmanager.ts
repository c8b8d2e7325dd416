import { DaytwoError, type ErrorCode } from '../../src/lib/errors.ts';
import type { Alertmanager, LiveAlert, Silence } from '../../src/telemetry/port.ts';

/** An Alertmanager in memory whose state a test may look at and change. */
export interface FakeAlertmanager extends Alertmanager {
  live: LiveAlert[];
  readonly kept: Silence[];
  /** When it started, epoch ms. */
  startedAt: number;
  /** Every question throws this. */
  fault: ErrorCode | undefined;
  /** Called after a silence was made, before its id is told: where a crash would lose it. */
  afterCreate: () => void;
}

/** Builds one that has been up for a day. */
export function fakeAlertmanager(now: () => number): FakeAlertmanager {
  const check = (signal: AbortSignal): void => {
    if (signal.aborted) throw new DaytwoError('cancelled', 'Alertmanager: cancelled');
    if (fake.fault) throw new DaytwoError(fake.fault, `Alertmanager: ${fake.fault}`);
  };
  const fake: FakeAlertmanager = {
    live: [],
    kept: [],
    startedAt: now() - 86_400_000,
    fault: undefined,
    afterCreate: () => {},
    alerts: async (signal) => {
      check(signal);
      return fake.live;
    },
    silences: async (signal) => {
      check(signal);
      return fake.kept.map((one) => (one.endsAt <= now() ? { ...one, state: 'expired' } : one));
    },
    createSilence: async (silence, signal) => {
      check(signal);
      const id = `silence-${fake.kept.length + 1}`;
      fake.kept.push({ ...silence, id, state: 'active' });
      fake.afterCreate();
      return id;
    },
    expireSilence: async (id, signal) => {
      check(signal);
      const at = fake.kept.findIndex((one) => one.id === id);
      const known = fake.kept[at];
      if (known) fake.kept[at] = { ...known, state: 'expired', endsAt: now() };
    },
    status: async (signal) => {
      check(signal);
      return { version: '0.27.0', startedAt: fake.startedAt };
    },
    version: async (signal) => {
      check(signal);
      return '0.27.0';
    },
  };
  return fake;
}

/** An active alert as its list tells it. */
export function liveAlert(
  fingerprint: string,
  startsAt: number,
  labels: Readonly<Record<string, string>> = {},
  more: Partial<LiveAlert> = {},
): LiveAlert {
  return {
    fingerprint,
    labels: { alertname: 'DiskFillingUp', severity: 'warning', node: fingerprint, ...labels },
    annotations: {},
    startsAt,
    endsAt: startsAt + 300_000,
    state: 'active',
    silencedBy: [],
    inhibitedBy: [],
    receivers: ['daytwo'],
    generatorURL: '',
    ...more,
  };
}
