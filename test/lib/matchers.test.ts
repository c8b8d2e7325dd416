import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMatchers, matches, parseMatchers } from '../../src/lib/matchers.ts';

const AMTOOL = '/usr/bin/amtool';
const read = (text: string) => {
  const found = parseMatchers(text);
  if (found.is === 'wrong') throw new Error(`${found.message} at ${found.offset}`);
  return found.matchers;
};

/** Text, labels, whether it holds: the same rows are put to Alertmanager's own amtool below. */
const ROWS: readonly (readonly [string, Record<string, string>, boolean])[] = [
  ['alertname=~"Disk.*",severity="critical"', { alertname: 'DiskPressure', severity: 'critical' }, true],
  ['alertname=~"Disk.*",severity="critical"', { alertname: 'DiskPressure', severity: 'warning' }, false],
  ['{ alertname = DiskPressure , severity != info }', { alertname: 'DiskPressure' }, true],
  ['alertname=~"Disk"', { alertname: 'DiskPressure' }, false],
  ['alertname!~"Disk|Node"', { alertname: 'DiskPressure' }, true],
  ['severity=~critical|warning', { severity: 'warning' }, true],
  ['team=""', { alertname: 'X' }, true],
  ['team!=""', { alertname: 'X' }, false],
  ['instance=~"10\\.0\\.0\\.\\d+:9100"', { instance: '10.0.0.5:9100' }, true],
  ['instance=~"10\\\\.0.*"', { instance: '10.0.0.5' }, true],
  ['path="a\\"b"', { path: 'a"b' }, true],
  ['a=b,', { a: 'b' }, true],
  ['alertname=~"(?i)diskp.*"', { alertname: 'DiskPressure' }, true],
  ['device=~"/dev/(sd[a-z]|nvme[0-9]+n1)"', { device: '/dev/nvme0n1' }, true],
];

describe('parseMatchers', () => {
  it.each(ROWS)('%s on %j: %s', (text, labels, expected) => {
    expect(matches(read(text), labels)).toBe(expected);
  });

  it('gives the fields of the API', () => {
    expect(read('a!~"x.*"')).toEqual([
      { name: 'a', value: 'x.*', isRegex: true, isEqual: false, pattern: expect.objectContaining({ source: 'x.*' }) },
    ]);
  });

  it.each<[string, string, number]>([
    ['', 'no matcher', 0],
    ['{}', 'no matcher', 0],
    ['alertname', 'one of = != =~ !~ is missing after the label name', 9],
    ['alertname==x', 'one of = != =~ !~ is expected', 10],
    ['="x"', 'a label name is missing', 0],
    ['a="x', 'the closing quote is missing', 2],
    ['a="x" b="y"', 'a comma is missing between two matchers', 6],
    ['{a="x"', 'a comma is missing between two matchers', 6],
    ['{a="x"} y', 'something follows the closing "}"', 8],
    ['a=~"x("', 'the regular expression has a "(" without its ")"', 5],
    ['a=~[0-9]{2}', 'quote the value in "…" to use { in it', 8],
    ['a=b,,c=d', 'a label name is missing', 4],
  ])('refuses %j', (text, message, offset) => {
    expect(parseMatchers(text)).toEqual({ is: 'wrong', message, offset });
  });

  it('reads back what formatMatchers writes', () => {
    const matcher = fc.record({
      name: fc.oneof(
        fc.constantFrom('alertname', 'job'),
        fc.string({ minLength: 1 }).filter((s) => !s.includes('\\')),
      ),
      value: fc.string(),
      isEqual: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(matcher, { minLength: 1, maxLength: 4 }), (list) => {
        const matchers = list.map((one) => ({ ...one, isRegex: false }));
        expect(read(formatMatchers(matchers))).toEqual(matchers);
      }),
    );
  });

  it('takes any text without a fault', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab{}=!~,"\\ ()[*') }), (text) => {
        const found = parseMatchers(text);
        if (found.is === 'ok') matches(found.matchers, { a: 'b' });
        else expect(found.offset).toBeLessThanOrEqual(text.length);
      }),
    );
  });

  it('does not take inherited names for labels', () => {
    expect(matches(read('constructor=""'), {})).toBe(true);
  });
});

if (!existsSync(AMTOOL))
  console.warn(`SKIPPED: ${AMTOOL} is not there; matchers were not compared with Alertmanager's own`);

describe.skipIf(!existsSync(AMTOOL))("Alertmanager's own amtool", () => {
  it.each(ROWS)('agrees on %s with %j: %s', async (text, labels, expected) => {
    const folder = mkdtempSync(join(tmpdir(), 'daytwo-amtool-'));
    try {
      const file = join(folder, 'alertmanager.json');
      const single = text.replace(/,$/, '');
      const config = {
        route: { receiver: 'no', routes: [{ receiver: 'yes', matchers: [single] }] },
        receivers: [{ name: 'no' }, { name: 'yes' }],
      };
      writeFileSync(file, JSON.stringify(config));
      const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
      const { stdout } = await execa(AMTOOL, ['config', 'routes', 'test', `--config.file=${file}`, ...pairs], {
        timeout: 20_000,
      });
      expect(stdout.trim()).toBe(expected ? 'yes' : 'no');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
