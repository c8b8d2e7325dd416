import { z } from 'zod';
import { duration } from './leaf/times.ts';
import { backups } from './schema/backups.ts';
import { chats } from './schema/chats.ts';
import { freezes, policies } from './schema/gate.ts';
import { oncall, people } from './schema/people.ts';
import { cluster, hosts } from './schema/places.ts';
import { runbooks } from './schema/runbooks.ts';
import { server, store } from './schema/server.ts';
import { alertmanager, prometheus, pushgateway } from './schema/telemetry.ts';

/** `incidents:` */
const incidents = z
  .strictObject({
    reopenWithin: duration()
      .describe('An alert that fires again this soon after its end reopens its incident rather than opening a new one.')
      .prefault('30m'),
  })
  .describe('How alerts become incidents.');

/** The whole file: the one source of its types, its reference and its JSON Schema. Strict at every level. */
export const configSchema = z.strictObject({
  server: server.prefault({}),
  store: store.prefault({}),
  alertmanager: alertmanager.prefault({}),
  prometheus: prometheus.prefault({}),
  pushgateway: pushgateway.prefault({}),
  chats: chats.prefault({}),
  people: people.prefault([]),
  oncall: oncall.prefault({}),
  cluster: cluster.prefault({}),
  hosts: hosts.prefault([]),
  policies: policies.prefault([]),
  freezes: freezes.prefault([]),
  backups: backups.prefault([]),
  runbooks: runbooks.prefault([]),
  incidents: incidents.prefault({}),
});

/** The configuration as the house uses it: durations in ms, paths absolute, secrets as `Secret`, defaults filled in. */
export type Config = z.output<typeof configSchema>;
