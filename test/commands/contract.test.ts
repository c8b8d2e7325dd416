import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commands } from '../../commands/index.ts';
import { wordsOf } from '../../src/commanding/dispatch.ts';
import { inertLine } from '../../src/lib/text.ts';

const FILES = readdirSync(fileURLToPath(new URL('../../commands', import.meta.url)))
  .filter((name) => name.endsWith('.ts') && name !== 'index.ts')
  .map((name) => name.replace(/\.ts$/, ''));
/** What a chat's list of commands takes. Source: core.telegram.org/bots/api#botcommand (32 characters, description 256). */
const NAME = /^[a-z]{2,32}$/;
const SUMMARY_LETTERS = 140;
/** What a shell would read as more than a word; nobody should need it to say a command. */
const SHELL = /[;&|`$<>\\!*?{}'"]/;

const LOOKS = ['help', 'incidents', 'nodes', 'oncall', 'status', 'top', 'triage', 'backups', 'requests'];
const ACTS = [
  'ack',
  'silence',
  'unsilence',
  'backup',
  'restore',
  'confirm',
  'approve',
  'deny',
  'cancel',
  'audit',
].concat(['breakglass', 'settle', 'delegate', 'undelegate', 'cordon', 'uncordon', 'drain', 'disk']);

describe('every command', () => {
  it('is in the index, and every file of the folder is', () => {
    expect(commands.map(({ name }) => name).sort()).toEqual(FILES.sort());
    expect(new Set(commands.map(({ name }) => name)).size).toBe(commands.length);
  });

  it('of this version is there', () => {
    expect(FILES.sort()).toEqual([...LOOKS, ...ACTS].sort());
  });

  describe.each(commands.map((one) => [one.name, one] as const))('/%s', (name, command) => {
    it('is named as its file, by its usage and in all chats', () => {
      expect(name).toMatch(NAME);
      expect(command.usage === `/${name}` || command.usage.startsWith(`/${name} `)).toBe(true);
    });

    it('says in one short sentence what it does', () => {
      expect(command.summary).toMatch(/^[A-Z].*\.$/);
      expect(command.summary.length).toBeLessThanOrEqual(SUMMARY_LETTERS);
      expect(command.summary).not.toContain('\n');
    });

    it('has examples that it understands, without a character that needs quoting', () => {
      expect(command.examples.length).toBeGreaterThan(0);
      for (const example of command.examples) {
        const [first, ...rest] = wordsOf(example);
        expect(first).toBe(`/${name}`);
        expect(command.prepare(rest), example).toHaveProperty('run');
        expect(example).not.toMatch(SHELL);
      }
      expect(command.usage.replace(/[[\]|]/g, '')).not.toMatch(SHELL);
    });

    it('says who may, and changes nothing for those who may only look', () => {
      expect(['anyone', 'role']).toContain(command.may);
      expect(command.may).toBe(ACTS.includes(name) ? 'role' : 'anyone');
    });

    it('reads any words without a throw; a problem is one sentence without its final stop', () => {
      fc.assert(
        fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 60 }), { maxLength: 8 }), (words) => {
          const read = command.prepare(words);
          if (!('problem' in read)) return;
          expect(read.problem).not.toBe('');
          expect(read.problem).toBe(inertLine(read.problem));
          expect(read.problem).not.toMatch(/\.$/);
          expect(read.problem.length).toBeLessThan(300);
        }),
        { numRuns: 50 },
      );
    });

    it('refuses more words than it has use for', () => {
      expect(command.prepare(Array.from({ length: 300 }, (_, i) => String(i)))).toHaveProperty('problem');
    });
  });
});
