import { isIP } from 'node:net';
import { posix } from 'node:path';
import { z } from 'zod';
import { parseDuration } from '../lib/duration.ts';
import { parseMatchers } from '../lib/matchers.ts';
import { nearest } from '../lib/nearest.ts';
import { isTimeZone, parseWallTime, timeZones } from '../lib/zone.ts';
import { Secret } from './secret.ts';

/** What the house knows of a value beyond zod: for messages, for the reference, and for what happens before validation. */
export interface Note {
  /** The type's name in the reference. */
  readonly type: string;
  /** What a message says after "expected". */
  readonly expected: string;
  /** Whether a wrong value may be repeated in a message. */
  readonly shown: boolean;
  /**
   * `path`: a path on this machine, relative to the file's folder, `~` allowed. `secret`: never shown. `secretFile`: such a path, whose
   * content becomes the value of the key without `File`.
   */
  readonly role?: 'path' | 'secret' | 'secretFile';
}

/** Notes by schema. */
export const notes = z.registry<Note>();

/** Why a text is wrong, where the note's `expected` doesn't say enough. `offset` counts from the text's start. */
interface Wrong {
  readonly message?: string;
  readonly offset?: number;
  readonly meant?: string;
}

/** The params of the issues that leaves raise. */
export interface LeafParams {
  readonly offset?: number;
  readonly meant?: string;
  /** The message says it all: nothing is to be added. */
  readonly whole: boolean;
}

const READ = Symbol('read');
const good = <T>(value: T) => ({ [READ]: value });

function text<T>(note: Note, read: (text: string) => { [READ]: T } | Wrong) {
  return z
    .string()
    .transform((value, context): T => {
      const found = read(value);
      if (READ in found) return found[READ];
      const { message, ...rest } = found;
      const params: LeafParams = { ...rest, whole: message !== undefined };
      context.addIssue({ code: 'custom', message: message ?? `expected ${note.expected}`, params });
      return z.NEVER;
    })
    .register(notes, note);
}

const NO_TEXT: Wrong = {};

/** Values on one line, without control characters. */
const isLine = (value: string) => value.trim() !== '' && !/\p{Cc}/u.test(value);

const line = (note: Note, holds: (value: string) => boolean, length: number) =>
  text(note, (value) => (isLine(value) && value.length <= length && holds(value) ? good(value) : NO_TEXT));

/** Text for people: some lines, no bound but the file's. */
export const prose = () =>
  text({ type: 'text', expected: 'a text', shown: false }, (value) => (value.trim() ? good(value) : NO_TEXT));

/** A duration: `90s`, `15m`, `24h`, `7d`, `1h30m`. Becomes milliseconds. */
export const duration = (from = 1000) =>
  text(
    {
      type: 'duration',
      expected: `a duration such as 90s, 15m, 24h or 7d${from > 1000 ? ', an hour at least' : ''}`,
      shown: true,
    },
    (value) => {
      const ms = parseDuration(value);
      return ms !== undefined && ms >= from ? good(ms) : NO_TEXT;
    },
  );

/** A time zone that this machine knows. */
export const timezone = () =>
  text({ type: 'time zone', expected: 'a time zone such as Europe/Madrid or UTC', shown: true }, (value) => {
    if (isTimeZone(value)) return good(value);
    const meant = nearest(value, timeZones());
    return meant === undefined ? NO_TEXT : { meant };
  });

/** A date and time on a wall clock: `2026-01-05T09:00`. Becomes a wall time (lib/zone.ts). */
export const wallTime = () =>
  text(
    { type: 'local date and time', expected: 'a local date and time such as 2026-01-05T09:00', shown: true },
    (value) => {
      const wall = parseWallTime(value);
      return wall === undefined ? NO_TEXT : good(wall);
    },
  );

/** A moment of the week: minutes after Monday 00:00 on the wall clock. */
export interface WeekTime {
  readonly minute: number;
  /** As written: `Fri 18:00`. */
  readonly text: string;
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** `Fri 18:00`. */
export const weekTime = () =>
  text<WeekTime>(
    { type: 'weekday and time', expected: 'a weekday and a time such as Fri 18:00', shown: true },
    (value) => {
      const [, day = '', hour, minute] = /^([A-Z][a-z]{2}) ([01]\d|2[0-3]):([0-5]\d)$/.exec(value) ?? [];
      const index = DAYS.indexOf(day);
      return index < 0 ? NO_TEXT : good({ minute: (index * 24 + Number(hour)) * 60 + Number(minute), text: value });
    },
  );

/** Where the server listens. */
export interface Listen {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** True where only this machine can connect. */
  readonly loopback: boolean;
}

/** Whether an address or name is this machine itself. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** A DNS name. Source: RFC 1123 section 2.1; never starts with a hyphen, so it is safe as an argument. */
const DNS_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

const isPort = (port: string) => /^\d{1,5}$/.test(port) && Number(port) <= 65_535;

/** Reads `host:port`, `[v6]:port`. */
export function parseListen(value: string): Listen | undefined {
  const [, v6, name, port = ''] = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d+)$/.exec(value) ?? [];
  const host = v6 ?? name ?? '';
  const known =
    v6 === undefined ? isIP(host) === 4 || (DNS_NAME.test(host) && !/^[\d.]+$/.test(host)) : isIP(host) === 6;
  return known && !host.includes('%') && isPort(port)
    ? { host, port: Number(port), loopback: isLoopback(host) }
    : undefined;
}

/** `127.0.0.1:8080`, `[::1]:8080`. */
export const listen = () =>
  text(
    { type: 'address', expected: 'an address and a port such as 127.0.0.1:8080 or [::]:8080', shown: true },
    (value) => {
      const found = parseListen(value);
      return found ? good(found) : NO_TEXT;
    },
  );

/** A base URL, http or https; a trailing slash is dropped. Credentials have keys of their own. */
export const url = (schemes = 'http or https') =>
  text({ type: 'URL', expected: `a URL (${schemes}) such as http://127.0.0.1:9093`, shown: false }, (value) => {
    const found = URL.parse(value);
    if (!found || !/^https?:$/.test(found.protocol) || /\s/.test(value)) return NO_TEXT;
    if (found.username || found.password)
      return { message: 'the URL holds a user name or a password: leave them out here' };
    if (found.search || found.hash) return { message: 'the URL has a query or a fragment: leave them out' };
    return good(`${found.origin}${found.pathname}`.replace(/\/+$/, ''));
  });

/** A path on this machine. By the time of validation it is absolute. */
export const path = () => line({ type: 'path', expected: 'a path', shown: true, role: 'path' }, () => true, 4096);

/** Letters and digits of any script and the harmless signs; the host part is strict about the same. */
const REMOTE_PATH = /^\/[\p{L}\p{N}\p{M}/._+@:=,~ -]*$/u;

/** Whether this is an absolute path in its plain form: what may be an argument on a host. */
export function isRemotePath(value: string): boolean {
  const trimmed = value.length > 1 && value.endsWith('/') ? value.slice(0, -1) : value;
  return value.length < 4096 && REMOTE_PATH.test(trimmed) && posix.normalize(trimmed) === trimmed;
}

/** An absolute path on a host that is looked at. */
export const remotePath = () =>
  line(
    { type: 'absolute path', expected: 'an absolute path such as /var/log, without ".."', shown: true },
    isRemotePath,
    4096,
  );

/** Source: systemd.unit(5), "Unit names". A leading hyphen, legal there, is refused: it would be an option. */
export const isUnit = (value: string) => /^[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]{0,246}$/.test(value);

/** A systemd unit; `.service` may be left out. */
export const unit = () =>
  line({ type: 'unit', expected: 'a systemd unit such as k3s.service', shown: true }, isUnit, 255);

/** A node's or a host's name: safe as an argument everywhere. */
export const hostName = () =>
  line(
    { type: 'host name', expected: 'a host name: letters, digits, dots and inner hyphens', shown: true },
    (value) => DNS_NAME.test(value),
    253,
  );

/** Where ssh goes. */
export interface SshAddress {
  /** `user@host` or `host`; IPv6 in brackets. */
  readonly address: string;
  readonly port: number | undefined;
}

/** `ops@10.0.0.5`, `worker-1:2222`, `ops@[fd00::5]:22`. */
export const sshAddress = () =>
  text<SshAddress>(
    { type: 'ssh address', expected: 'an ssh address such as ops@10.0.0.5 or ops@worker-1:2222', shown: true },
    (value) => {
      const [, user, v6, name = '', port] =
        /^(?:([A-Za-z_][A-Za-z0-9_.-]{0,31})@)?(?:\[([0-9A-Fa-f:.]+)\]|([^:@[\]]+))(?::(\d+))?$/.exec(value) ?? [];
      const known = v6 === undefined ? isIP(name) === 4 || DNS_NAME.test(name) : isIP(v6) === 6;
      if (!known || (port !== undefined && (!isPort(port) || port === '0'))) return NO_TEXT;
      const host = v6 === undefined ? name : `[${v6}]`;
      return good({ address: user ? `${user}@${host}` : host, port: port === undefined ? undefined : Number(port) });
    },
  );

/** A name that people type and that is referred to: no spaces at its ends, no leading hyphen. */
export const personName = () =>
  line(
    { type: 'name', expected: 'a name: letters, digits, dots, hyphens, underscores and inner spaces', shown: true },
    (value) => /^[\p{L}\p{N}_](?:[\p{L}\p{N}\p{M}_. '-]*[\p{L}\p{N}\p{M}_.])?$/u.test(value),
    64,
  );

/** A name that is one word of a command. */
export const word = (expected = 'a name of letters, digits, dots, hyphens and underscores') =>
  line({ type: 'name', expected, shown: true }, (value) => /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(value), 128);

/** A text on one line that never is an option. */
export const plain = (expected: string, holds: (value: string) => boolean = () => true) =>
  line({ type: 'text', expected, shown: false }, (value) => !value.startsWith('-') && holds(value), 1024);

/** An action id `node.drain`, or a prefix `node.*`, or `*`. */
export const actionPattern = () =>
  line(
    { type: 'action', expected: 'an action such as node.drain, backup.* or *', shown: true },
    (value) => /^(?:\*|[a-z][a-z-]*\.(?:\*|[a-z][a-z-]*))$/.test(value),
    64,
  );

/** An action id. */
export const actionId = () =>
  line(
    { type: 'action', expected: 'an action such as node.drain', shown: true },
    (value) => /^[a-z][a-z-]*\.[a-z][a-z-]*$/.test(value),
    64,
  );

/** Alertmanager's matchers, read. */
export const matchers = () =>
  text(
    { type: 'matchers', expected: 'matchers such as alertname=~"Disk.*",severity="critical"', shown: false },
    (value) => {
      const found = parseMatchers(value);
      if (found.is === 'ok') return good({ text: value, matchers: found.matchers });
      return {
        message: `${found.message} (expected matchers such as alertname=~"Disk.*",severity="critical")`,
        offset: found.offset,
      };
    },
  );

/** An id that may be written as a number; becomes text. */
export const numericId = (expected: string, holds: (value: string) => boolean) =>
  z
    .union([z.int(), z.string()])
    .transform((value, context) => {
      if (holds(String(value))) return String(value);
      context.addIssue({
        code: 'custom',
        message: `expected ${expected}`,
        params: { whole: false } satisfies LeafParams,
      });
      return z.NEVER;
    })
    .register(notes, { type: 'number or text', expected, shown: false });

/** A whole number within bounds. */
export const count = (from: number, to: number) =>
  z
    .int()
    .min(from)
    .max(to)
    .register(notes, { type: 'number', expected: `a whole number from ${from} to ${to}`, shown: true });

/** true or false. */
export const flag = () =>
  z.boolean().register(notes, { type: 'true or false', expected: 'true or false', shown: true });

/** One of a few words. */
export const choice = <const T extends readonly [string, ...string[]]>(words: T) =>
  z
    .enum(words)
    .register(notes, { type: words.map((one) => `\`${one}\``).join(' or '), expected: oneOf(words), shown: true });

/** The word that tells the forms of a section apart. */
export function form<const T extends string>(name: T) {
  const schema = z.literal(name);
  notes.add(schema, { type: `\`${name}\``, expected: name, shown: true });
  return schema;
}

/** "one of a, b or c". */
export function oneOf(words: readonly string[]): string {
  if (words.length === 1) return words[0] ?? '';
  return `one of ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** Secrets are printable, on one line, and short of a file. */
const MAX_SECRET = 8192;

/**
 * Two keys for one secret, `name` and `nameFile`, both optional; by the time of validation a file's content stands under `name`.
 * `wrong` finds what is surely mistaken and returns the sentence for it, without the value.
 */
export function secret<const N extends string>(
  name: N,
  meaning: string,
  wrong: (value: string) => string | undefined = () => undefined,
) {
  const value = text(
    { type: 'secret', expected: 'a secret: text on one line', shown: false, role: 'secret' },
    (given) => {
      if (given === '') return { message: 'the secret is empty' };
      if (!isLine(given) || given.length > MAX_SECRET) return { message: 'the secret is not text on one line' };
      const message = wrong(given);
      return message === undefined ? good(new Secret(given)) : { message };
    },
  );
  const file = line({ type: 'path', expected: 'a path', shown: true, role: 'secretFile' }, () => true, 4096);
  type Shape = { [K in N]: z.ZodOptional<typeof value> } & { [K in `${N}File`]: z.ZodOptional<typeof file> };
  return {
    [name]: value.describe(meaning).optional(),
    [`${name}File`]: file.describe(`A file that holds ${name}; read at start, its last line break dropped.`).optional(),
  } as Shape;
}
