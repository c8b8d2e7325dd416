import { readConfig } from '../../src/config/load.ts';
import { ConfigError, type Problem } from '../../src/config/problem.ts';

/** Variables that the whole sample needs; each value is a marker that must never be shown. */
export const ENV: Readonly<Record<string, string>> = {
  DAYTWO_WEBHOOK_TOKEN: 'MARKER-webhook-51c2',
  SLACK_BOT_TOKEN: 'xoxb-MARKER-slack-51c2',
  SLACK_APP_TOKEN: 'xapp-MARKER-slack-51c2',
  TELEGRAM_BOT_TOKEN: '42:MARKER-telegram-51c2',
};

/** Every section of the configuration, as the design shows it. */
export const WHOLE = `server: { listen: 127.0.0.1:8080, publicUrl: https://daytwo.example.com }
store: { kind: lowdb, dir: ./data }                  # or { kind: postgres, url: \${DATABASE_URL} }
alertmanager: { url: http://127.0.0.1:9093, webhookToken: \${DAYTWO_WEBHOOK_TOKEN} }
prometheus: { url: http://127.0.0.1:9090 }
pushgateway: { url: http://127.0.0.1:9091 }
chats:
  slack: { mode: socket, channel: C0123, botToken: \${SLACK_BOT_TOKEN}, appToken: \${SLACK_APP_TOKEN} }
                                                     # mode: http takes signingSecret; apiUrl overrides Slack's
  telegram: { mode: polling, chatId: -100123, botToken: \${TELEGRAM_BOT_TOKEN} }   # webhook takes secretToken; apiRoot
  console: { enabled: true }
people:
  - { name: ana, slack: U0ANA, telegram: 1001, roles: [oncall, admin] }
  - { name: ben }
oncall: { rotation: { people: [ana, ben], start: 2026-01-05T09:00, every: 7d, timezone: Europe/Madrid } }
cluster: { kubeconfig: ~/.kube/config, context: home }
hosts:
  - { name: node-0, via: local }
  - { name: worker-1, via: ssh, address: ops@10.0.0.5, identityFile: ~/.ssh/daytwo }
policies:                                            # first match wins; defaults are strict
  - { actions: [node.drain], request: [oncall], confirm: button, approvals: 1, approve: [oncall, admin], ttl: 15m }
  - { actions: [restore.*], request: [oncall], confirm: typed, approvals: 1, approve: [admin] }
freezes: [ { name: weekend, from: Fri 18:00, to: Mon 08:00, timezone: Europe/Madrid, except: [backup.*] } ]
backups:
  - { name: restic_k8s_data, kind: restic, host: node-0, unit: restic-k8s-backup.service, repository: /srv/restic,
      passwordFile: /etc/restic/password,
      paths: [/opt/local-path-provisioner], rpo: 24h, rto: 1h, staleAfter: 25h, offsite: true, whoCanRestore: [ana] }
runbooks:                                            # the user's own, beside or over the built-in ones
  - { match: 'alertname=~"Disk.*",severity="critical"', probes: [df, du, { journal: k3s-agent }], offer: [node.drain] }
incidents: { reopenWithin: 30m }
`;

/** Reads a text as /etc/daytwo/daytwo.yaml. */
export const read = (text: string, env: Readonly<Record<string, string | undefined>> = ENV) =>
  readConfig(text, { file: '/etc/daytwo/daytwo.yaml', env, base: '/etc/daytwo' }).config;

/** The problems of a text; empty where it holds. Anything but a ConfigError goes on. */
function problemsOf(text: string, env: Readonly<Record<string, string | undefined>> = ENV): readonly Problem[] {
  try {
    read(text, env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** `line:column path: message (suggestion)`, one string a problem. */
export const told = (text: string, env: Readonly<Record<string, string | undefined>> = ENV): readonly string[] =>
  problemsOf(text, env).map(
    ({ line, column, path, message, suggestion }) =>
      `${line}:${column} ${path}: ${message}${suggestion === undefined ? '' : ` (${suggestion})`}`,
  );
