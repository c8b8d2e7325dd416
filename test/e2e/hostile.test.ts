import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { journalMissing, writeJournal } from '../support/real/journal.ts';
import { freePort } from '../support/real/ports.ts';
import { eventually } from '../support/real/process.ts';
import { type Bot, startBot, type Visitor, visit } from './bot.ts';
import { notification } from './notification.ts';

const UNIT = 'restic-k8s-backup.service';
const TOOLS = ['df', 'du', 'journalctl', 'systemctl', 'uptime', 'ssh', 'sh', 'bash', 'touch'];
const ESC = '\u001b';
/** C0 but for tab and newline, DEL and C1, zero-width characters, direction overrides and isolates, separators. */
const CONTROLS = [
  '\\u0000-\\u0008',
  '\\u000b-\\u001f',
  '\\u007f-\\u009f',
  '\\u200b-\\u200f',
  '\\u2028-\\u202e',
  '\\u2060-\\u206f',
];
/** Made up; each in a form that real ones have. */
const SECRETS = [
  ['a password', 'password=', 'correct-Horse7-battery'],
  [
    'a bearer token',
    'Authorization: Bearer ',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJub2JvZHkifQ.c2lnbmF0dXJlLW9mLW5vYm9keQ',
  ],
  ['an access key', 'AWS_SECRET_ACCESS_KEY=', 'wJalrXUtnFEMIK7MDENGbPxRfiCYzzzzzzzzzzzz'],
  ['a password in a URL', 'fetching https://bob:', 's3cr3t-of-bob@backup.example.com/repo'],
] as const;
const secretValues = SECRETS.map(([, , value]) => value.split('@')[0] ?? value);

describe('text that somebody else wrote', () => {
  let folder: string;
  let canary: string;
  let record: string;
  let bot: Bot;
  let local: Visitor;
  let hostile: Readonly<Record<string, string>>;
  const ends: (() => Promise<void>)[] = [];
  const without = { journal: '' };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'daytwo-hostile-'));
    canary = join(folder, 'canary');
    record = join(folder, 'argv');
    hostile = {
      script: '<script>window.pwned=1</script><img src=x onerror="window.pwned=1">',
      substitution: `$(touch ${canary})`,
      backticks: `\`touch ${canary}\``,
      chain: `x; touch ${canary} && touch ${canary} | touch ${canary}`,
      newline: `x\ntouch ${canary}\n`,
      flag: '--flag=ProxyCommand',
      option: `-oProxyCommand=touch ${canary}`,
      escape: `${ESC}[31mred${ESC}[0m${ESC}]0;title\u0007`,
      direction: 'abc\u202eexe.txt\u2066\u200b',
      mention: '<!channel> @everyone <@U0ANA> [x](javascript:alert(1))',
      null: 'a\u0000b',
      long: `start-${'x'.repeat(10_000)}`,
      prototype: '__proto__',
    };
    await writeFile(record, '');
    // Every program that may be run is recorded with its arguments first; the real one follows.
    const bin = join(folder, 'bin');
    await mkdir(bin);
    const real = (process.env['PATH'] ?? '').split(':');
    for (const tool of TOOLS) {
      const script = `#!/bin/bash -p\nprintf '%s\\0' ${tool} "$@" >> ${record}; printf '\\n' >> ${record}\nPATH=${real.join(':')} exec ${tool} "$@"\n`;
      await writeFile(join(bin, tool), script);
      await chmod(join(bin, tool), 0o755);
    }
    without.journal = (await journalMissing()) ?? '';
    if (without.journal) console.warn(`MISSED: hostile journal lines: ${without.journal}`);
    const lines = [...Object.values(hostile), ...SECRETS.map(([, before, value]) => `error: ${before}${value}`)];
    const journal = without.journal
      ? undefined
      : await writeJournal(
          lines.map((message, at) => ({
            at: Date.now() - (lines.length - at) * 1000,
            fields: {
              MESSAGE: message,
              PRIORITY: '3',
              _SYSTEMD_UNIT: UNIT,
              SYSLOG_IDENTIFIER: hostile['script'] ?? '',
            },
          })),
        );
    if (journal) ends.push(() => journal.remove());
    bot = await startBot({
      env: { PATH: [bin, ...real].join(':') },
      config: {
        server: { listen: `127.0.0.1:${await freePort()}` },
        hosts: [{ name: 'node-0', via: 'local', ...(journal ? { journalDirectory: journal.path } : {}) }],
        backups: [{ name: 'restic_k8s_data', kind: 'restic', host: 'node-0', unit: UNIT }],
      },
    });
    ends.push(() => bot.stop());
    local = await visit(bot.link('local'));
  }, 60_000);

  afterAll(async () => {
    for (const end of ends.reverse()) await end();
    await rm(folder, { recursive: true, force: true });
  });

  /** Everything that a browser would get of all threads, as parsed strings. */
  async function shown(): Promise<readonly string[]> {
    const strings = (value: unknown): string[] => {
      if (typeof value === 'string') return [value];
      if (typeof value !== 'object' || value === null) return [];
      return Object.values(value).flatMap(strings);
    };
    const threads = await local.threads();
    const all = await Promise.all(['channel', ...threads.map(({ key }) => key)].map((key) => local.messages(key)));
    return strings([threads, all]);
  }

  const settled = (count: number): Promise<true> =>
    eventually(
      'all evidence',
      async () => {
        const threads = await local.threads();
        if (threads.length < count) return undefined;
        for (const { key } of threads) {
          const card = (await local.messages(key)).find((one) => one.key === `${key}/evidence-1`)?.card;
          if (!card || card.title.includes('looking at')) return undefined;
        }
        return true;
      },
      60_000,
    );

  it('does nothing as label, annotation, command or journal line, and shows no secret', async () => {
    const values = Object.entries(hostile);
    let sent = 0;
    for (const [name, value] of values) {
      // The labels that runbooks read, each holding it, under names that make their probes run.
      const labels = {
        ...Object.fromEntries(
          ['node', 'instance', 'namespace', 'pod', 'mountpoint', 'unit', 'name', 'exported_job', 'job', 'device'].map(
            (label) => [label, value],
          ),
        ),
        severity: value,
      };
      await notification(bot.url, { ...labels, alertname: 'DiskPressure', case: name });
      await notification(bot.url, { mountpoint: value, alertname: 'NodeFilesystemAlmostOutOfSpace', case: name });
      sent += 2;
    }
    for (const [name, value] of values) {
      await notification(
        bot.url,
        { alertname: value, [`label_${name}`]: value },
        {
          annotations: { summary: value, description: value, runbook_url: 'javascript:alert(1)' },
          generatorURL: 'javascript:alert(1)',
          externalURL: `https://am.example/${value}`,
        },
      );
      sent += 1;
    }
    await notification(
      bot.url,
      { alertname: 'BackupFailed', exported_job: 'restic_k8s_data', note: `password=${secretValues[0]}` },
      { annotations: { summary: 'It failed', description: SECRETS.map(([, a, b]) => `${a}${b}`).join('\n') } },
    );
    sent += 1;
    await settled(sent);
    for (const value of values.map(([, one]) => one.slice(0, 1500))) {
      for (const text of [value, `silence ${value}`, `help ${value}`, `incidents ${value}`, `top pods ${value}`])
        if (text.trim() !== '') await local.say(`/${text}`);
    }
    await local.say('/status');
    await local.say('/incidents');
    await local.say('/incidents BackupFailed');

    const texts = await shown();
    const controls = new RegExp(`[${CONTROLS.join('')}]`, 'u');
    expect(texts.filter((text) => controls.test(text)).map((text) => JSON.stringify(text.slice(0, 200)))).toEqual([]);
    const whole = texts.join('\n');
    // Shown as it stands, for the page to escape: nothing was interpreted on the way.
    expect(whole).toContain('<script>window.pwned=1</script>');
    expect(texts.filter((text) => /^javascript:/.test(text))).toEqual([]);
    expect(Math.max(...texts.map((text) => text.length))).toBeLessThan(13_000);
    for (const secret of secretValues) {
      expect(whole).not.toContain(secret);
      expect(bot.log() + bot.stdout()).not.toContain(secret);
    }
    expect(bot.log()).not.toContain('"level":50');
    expect(await readdir(folder)).not.toContain('canary');
  }, 300_000);

  it('never is an argument of a program, and no shell is ever started', async () => {
    const calls = (await readFile(record, 'utf8')).split('\0\n').filter((call) => call !== '');
    expect(calls.length).toBeGreaterThan(5);
    const programs = new Set(calls.map((call) => call.split('\0')[0]));
    expect([...programs].filter((name) => name === 'sh' || name === 'bash' || name === 'touch')).toEqual([]);
    expect([...programs]).toContain('df');
    const argv = calls.join('\n');
    for (const [name, value] of Object.entries(hostile))
      expect(argv.includes(value.slice(0, 200)), `${name} reached a program`).toBe(false);
    for (const secret of secretValues) expect(argv).not.toContain(secret);
    expect(argv).not.toContain('canary');
  });

  it('is refused in words where it is no notification, without its text in the log', async () => {
    const bodies = [
      '{',
      '[]',
      '{"alerts": 1}',
      JSON.stringify({ status: `password=${secretValues[0]}`, groupKey: 'x' }),
    ];
    for (const body of bodies) {
      const answer = await fetch(`${bot.url}/webhooks/alertmanager`, { method: 'POST', body });
      expect(answer.status).toBe(400);
      expect(((await answer.json()) as { error: string }).error).toMatch(/^\$/);
    }
    expect(bot.log()).not.toContain(secretValues[0]);
  });
});
