import { describe, expect, it } from 'vitest';
import { cpuMs } from '../support/cpuTime.ts';
import { told } from './fixtures.ts';

const DURATION = 'expected a duration such as 90s, 15m, 24h or 7d';

/** Name, file, every problem as `line:column path: message (suggestion)`. */
const ROWS: readonly (readonly [string, string, readonly string[]])[] = [
  ['a misspelt section', 'alertmanagr: {}\n', ['1:1 alertmanagr: this key is not known (alertmanager)']],
  [
    'a misspelt key',
    'policies:\n  - actions: [node.drain]\n    aprovals: 2\n',
    ['3:5 policies[0].aprovals: this key is not known (approvals)'],
  ],
  [
    'a key in another case',
    'server: { publicURL: https://x.example }',
    ['1:11 server.publicURL: this key is not known (publicUrl)'],
  ],
  [
    'a key of another section',
    'server:\n  retention: 5d\n',
    ['2:3 server.retention: this key is not known here; there are listen, publicUrl (store.retention)'],
  ],
  [
    'a key of another form',
    'hosts:\n  - name: a\n    address: ops@b\n',
    ['3:5 hosts[0].address: this key goes with via: ssh only'],
  ],
  [
    'a misspelt form, and what is wrong behind it',
    'chats:\n  slack: { mode: sokcet, channel: general, botToken: x, appToken: y }\n',
    [
      '2:18 chats.slack.mode: expected one of socket or http, found "sokcet" (socket)',
      "2:35 chats.slack.channel: expected a channel's id such as C0123ABCD (not its name)",
    ],
  ],
  ['a key twice', 'people:\n  - name: ana\n    name: ben\n', ['3:5 people[0].name: this key stands here twice']],
  [
    'a missing key',
    'people:\n  - roles: [admin]\n',
    ['2:5 people[0].name: is missing: expected a name: letters, digits, dots, hyphens, underscores and inner spaces'],
  ],
  [
    'a text for a list',
    'people:\n  - { name: ana, roles: admin }\n',
    ['2:25 people[0].roles: expected a list ([a, b], or a line "- item" each)'],
  ],
  ['a list for a section', 'server: []\n', ['1:9 server: expected a mapping (key: value), found a list']],
  [
    'a misspelt role',
    'people: [{ name: ana, roles: [oncal] }]',
    ['1:31 people[0].roles[0]: expected one of oncall or admin, found "oncal" (oncall)'],
  ],
  [
    'a duration with a space',
    'incidents: { reopenWithin: 30 m }',
    [`1:28 incidents.reopenWithin: ${DURATION}, found "30 m"`],
  ],
  [
    'a duration without a unit',
    'incidents: { reopenWithin: 30 }',
    [`1:28 incidents.reopenWithin: ${DURATION}, found 30`],
  ],
  [
    'a key without a value',
    'server:\n  listen:\n',
    ['2:10 server.listen: expected an address and a port such as 127.0.0.1:8080 or [::]:8080, found nothing'],
  ],
  [
    'a number for a secret',
    'prometheus: { bearerToken: 123456 }',
    ['1:28 prometheus.bearerToken: expected a secret: text on one line, found a number: put it in quotes'],
  ],
  ['an empty secret', "prometheus: { bearerToken: '' }", ['1:28 prometheus.bearerToken: the secret is empty']],
  [
    'a time zone that is none',
    'freezes: [{ from: Fri 18:00, to: Mon 08:00, timezone: Europe/Madird }]',
    [
      '1:55 freezes[0].timezone: expected a time zone such as Europe/Madrid or UTC, found "Europe/Madird" (Europe/Madrid)',
    ],
  ],
  [
    'a weekday written out',
    'freezes: [{ from: Friday 18:00, to: Mon 24:00 }]',
    [
      '1:19 freezes[0].from: expected a weekday and a time such as Fri 18:00, found "Friday 18:00"',
      '1:37 freezes[0].to: expected a weekday and a time such as Fri 18:00, found "Mon 24:00"',
    ],
  ],
  [
    'a URL of another kind',
    'prometheus: { url: 127.0.0.1:9090 }',
    ['1:20 prometheus.url: expected a URL (http or https) such as http://127.0.0.1:9093'],
  ],
  [
    'a URL with a password',
    'prometheus: { url: "http://u:p@h:9090" }',
    ['1:20 prometheus.url: the URL holds a user name or a password: leave them out here'],
  ],
  [
    'a host name that would be an option',
    "hosts: [{ name: '-oProxyCommand=x' }]",
    ['1:17 hosts[0].name: expected a host name: letters, digits, dots and inner hyphens, found "-oProxyCommand=x"'],
  ],
  [
    'an ssh address that would be an option',
    'hosts: [{ name: a, via: ssh, address: ops@-oProxy }]',
    ['1:39 hosts[0].address: expected an ssh address such as ops@10.0.0.5 or ops@worker-1:2222, found "ops@-oProxy"'],
  ],
  [
    'paths and units that are none',
    'backups: [{ name: b, unit: -x, paths: [opt, /a/../b] }]',
    [
      '1:28 backups[0].unit: expected a systemd unit such as k3s.service, found "-x"',
      '1:40 backups[0].paths[0]: expected an absolute path such as /var/log, without "..", found "opt"',
      '1:45 backups[0].paths[1]: expected an absolute path such as /var/log, without "..", found "/a/../b"',
    ],
  ],
  [
    'a repository with a password in it',
    'backups: [{ name: b, repository: "rest:https://u:hunter2@h/" }]',
    ['1:34 backups[0].repository: expected a repository, without a password in it'],
  ],
  [
    'matchers, at the very place',
    'runbooks:\n  - match: \'alertname=~"Disk(.*"\'\n',
    [
      '2:29 runbooks[0].match: the regular expression has a "(" without its ")" (expected matchers such as alertname=~"Disk.*",severity="critical")',
    ],
  ],
  [
    'probes',
    'runbooks:\n  - { name: X, probes: [jurnal: k3s, { journal: }, { df: x }, { du: x }] }\n',
    [
      '2:25 runbooks[0].probes[0]: expected the name of a probe: one of df, inodes, du, journal, unit, uptime, conditions, events, pods, top-nodes, top-pods, backup, backup-trend, disk-trend or changes (journal)',
      '2:38 runbooks[0].probes[1]: a unit is missing: write { journal: k3s.service }',
      '2:52 runbooks[0].probes[2]: this probe takes nothing after its name',
      '2:63 runbooks[0].probes[3]: expected an absolute path such as /var/log, without ".."',
    ],
  ],
  [
    'a runbook for nothing',
    'runbooks:\n  - probes: [df]\n',
    ['2:5 runbooks[0]: needs match, or the name of a built-in runbook'],
  ],
  [
    'people that nobody knows',
    'people: [{ name: ana }, { name: Ana }]\noncall: { rotation: { people: [anna, eva] } }\nbackups: [{ name: b, whoCanRestore: [anaa], host: nodo }]\nhosts: [{ name: node }]',
    [
      '1:33 people[1].name: another entry of people has this name already',
      '2:32 oncall.rotation.people[0]: nobody of this name is in people (ana)',
      '2:38 oncall.rotation.people[1]: nobody of this name is in people',
      '3:38 backups[0].whoCanRestore[0]: nobody of this name is in people (ana)',
      '3:51 backups[0].host: no host of this name is in hosts (node)',
    ],
  ],
  [
    'an override that ends before it begins',
    'people: [{ name: a }]\noncall: { rotation: { people: [a], overrides: [{ from: 2026-01-02T00:00, to: 2026-01-01T00:00, person: b }] } }',
    [
      '2:78 oncall.rotation.overrides[0].to: must be later than from',
      '2:104 oncall.rotation.overrides[0].person: nobody of this name is in people',
    ],
  ],
  [
    'two sources of on-call',
    'oncall: { rotation: { people: [] }, ical: a.ics }',
    [
      '1:31 oncall.rotation.people: expected a list of names, one at least, found a list',
      '1:37 oncall.ical: oncall has rotation already: give one of them',
    ],
  ],
  [
    'a listener for all without a guard',
    'server: { listen: 0.0.0.0:8080 }',
    [
      '1:19 server.listen: listens beyond this machine, so the webhook needs alertmanager.webhookToken (or webhookUser and webhookPassword); else anybody could send alerts',
    ],
  ],
  [
    'half a sign-in, and two at once',
    'alertmanager: { webhookUser: x, username: y, bearerToken: z }',
    [
      '1:30 alertmanager.webhookUser: needs webhookPassword (or webhookPasswordFile) beside it',
      '1:43 alertmanager.username: needs password (or passwordFile) beside it',
      '1:43 alertmanager.username: give either bearerToken or username and password, not both',
    ],
  ],
  [
    'chats without their secrets',
    'chats:\n  slack: { channel: C01, mode: http }\n  telegram: { mode: webhook, chatId: -1 }\n',
    [
      '2:10 chats.slack: botToken (or botTokenFile) is missing: nothing can be posted without it',
      "2:10 chats.slack: signingSecret (or signingSecretFile) is missing: Slack's requests are known by it",
      '3:13 chats.telegram: botToken (or botTokenFile) is missing: nothing can be posted without it',
      "3:13 chats.telegram: secretToken (or secretTokenFile) is missing: Telegram's requests are known by it",
      '3:21 chats.telegram.mode: webhook needs server.publicUrl, which Telegram is told',
    ],
  ],
  [
    'tokens that were swapped',
    'chats: { slack: { channel: C01, botToken: xapp-1, appToken: xoxb-1 } }',
    [
      '1:43 chats.slack.botToken: this is an app token (xapp-…); the bot token starts with xoxb-',
      '1:61 chats.slack.appToken: this is a bot token (xoxb-…); the app token starts with xapp-',
    ],
  ],
  [
    'a cluster from two places',
    'cluster: { inCluster: true, context: x }',
    ['1:29 cluster.context: goes without inCluster: true only'],
  ],
  [
    'a PostgreSQL that is none',
    'store: { kind: postgres, url: "mysql://u:p4ssw0rd@h/d" }',
    ['1:31 store.url: expected a connection string that starts with postgres://'],
  ],
  [
    'a PostgreSQL without a place',
    'store: { kind: postgres }',
    ['1:8 store: url (or urlFile) is missing: it says where PostgreSQL is'],
  ],
  [
    'variables that are not set, misspelt or no names',
    `server: { publicUrl: "https://\${HOSTT}/x" }\nprometheus: { url: \${}, bearerToken: \${A-B} }\n`,
    [
      `1:31 server.publicUrl: the environment variable HOSTT is not set (\${HOST})`,
      `2:20 prometheus.url: expected the name of an environment variable in \${…}; write $\${…} for the characters themselves`,
      `2:38 prometheus.bearerToken: expected the name of an environment variable in \${…}; write $\${…} for the characters themselves`,
    ],
  ],
  [
    'a variable that holds the wrong thing',
    `server: { publicUrl: "\${HOST}" }`,
    [
      `1:22 server.publicUrl: expected a URL (http or https) such as http://127.0.0.1:9093; \${HOST} gives something else`,
    ],
  ],
  [
    'a file that is not there',
    'prometheus:\n  bearerTokenFile: secret/none\n',
    ['2:20 prometheus.bearerTokenFile: /etc/daytwo/secret/none: there is no such file'],
  ],
  ['a folder for a file', 'prometheus: { bearerTokenFile: / }', ['1:32 prometheus.bearerTokenFile: /: it is no file']],
  [
    'a secret twice',
    'prometheus: { bearerToken: x, bearerTokenFile: y }',
    ['1:48 prometheus.bearerTokenFile: give either bearerToken or bearerTokenFile, not both'],
  ],
  ['a list for the whole', '- a\n', ['1:1 : the file must be a mapping: section: … on each line']],
  ['an open bracket', 'hosts: [a, b\nserver: {}\n', ['2:1 : the indentation does not fit, or a bracket is not closed']],
  ['a tab', 'server:\n\tlisten: x\n', ['2:1 : a tab used for indentation: use spaces']],
  [
    'a colon in a text',
    'server: a: b\n',
    ['1:9 : a ": " within a text: quote it, or put the mapping on lines of its own'],
  ],
  ['two documents', 'server: {}\n---\nstore: {}\n', ['2:1 : a second document: the file holds only one']],
  ['a tag', 'server: !secret {}\n', ['1:9 : a tag that is not known']],
  ['an alias without an anchor', 'server: *x\n', ['1:9 server: an alias (*name) without its anchor (&name)']],
  [
    'an alias within itself',
    'people: &x [*x]\n',
    [
      '1:13 people[0][0]: an alias (*name) within its own anchor (&name)',
      '1:13 people[0]: expected a mapping (key: value), found a list',
    ],
  ],
  [
    'a key that is no word',
    '{ [a]: b, __proto__: c }\n',
    ['1:3 : a key must be a plain word', '1:11 : a key must be a plain word'],
  ],
];

describe('a wrong file', () => {
  it.each(ROWS)('with %s', (_, text, problems) => {
    expect(told(text, { HOST: 'example.com' })).toEqual(problems);
  });

  it('tells all problems at once, in the order of the file', () => {
    const text = ROWS.slice(0, 4)
      .map(([, one]) => one)
      .join('\n');
    expect(told(text).length).toBe(4);
  });

  it.each([
    ['nested brackets', `a: ${'['.repeat(20_000)}`],
    ['nested mappings', `${'{a: '.repeat(20_000)}`],
    ['deep lists', `server: ${'['.repeat(80)}${']'.repeat(80)}`],
    [
      'aliases upon aliases',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi'].map((key, i) => `${key}: &${key} [${Array(9).fill(`*${'abcdefgh'[i]}`)}]`).join('\n')}`,
    ],
    ['two megabytes', `a: "${'x'.repeat(2_000_000)}"`],
    ['a hundred thousand entries', `people: [${'a,'.repeat(100_000)}]`],
  ])('is refused in time with %s', (_, text) => {
    const took = cpuMs(() => expect(told(text).length).toBeGreaterThan(0));
    expect(took).toBeLessThan(3000);
  });
});
