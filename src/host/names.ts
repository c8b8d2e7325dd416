import { isIP } from 'node:net';
import { posix } from 'node:path';
import { DaytwoError } from '../lib/errors.ts';
import { clip, inertLine } from '../lib/text.ts';

/** A DNS name: letters, digits, inner hyphens, dots. Source: RFC 1123 section 2.1. */
const DNS_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

/** A login name. Source: useradd(8) of shadow-utils, plus capitals and dots, which directories use. */
const LOGIN = /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/;

/**
 * The characters and the length of a unit's name. Source: systemd.unit(5), "Unit names": ASCII letters, digits, `:` `-` `_` `.` `\`
 * and `@`, at most 255 characters with the suffix. A leading hyphen is legal there, and refused here.
 */
const UNIT = /^[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]{0,254}$/;

/** The unit types of systemd.unit(5). */
const UNIT_SUFFIX = /\.(?:service|socket|device|mount|automount|swap|target|path|timer|slice|scope)$/;

/** Letters and digits of any script and the harmless signs: nothing that a shell, ssh's options or a terminal could read as more. */
const PATH = /^\/[\p{L}\p{N}\p{M}/._+@:=,~ -]*$/u;

/** The longest path that Linux opens. Source: PATH_MAX in linux/limits.h. */
const PATH_MAX = 4096;

/** A host's name in the configuration, as Kubernetes names its nodes. Throws `invalid`. */
export function hostName(name: string): string {
  if (!DNS_NAME.test(name)) throw invalid('a host name', name, 'letters, digits, dots and hyphens');
  return name;
}

/** Where ssh goes: `user@host`, `host`; host is a DNS name, an IPv4 or an IPv6 address. Throws `invalid`. */
export function sshAddress(address: string): { readonly user: string | undefined; readonly host: string } {
  const at = address.lastIndexOf('@');
  const user = at < 0 ? undefined : address.slice(0, at);
  const bracketed = /^\[([^\]]*)\]$/.exec(address.slice(at + 1))?.[1];
  const host = bracketed ?? address.slice(at + 1);
  const known = bracketed === undefined ? DNS_NAME.test(host) || isIP(host) !== 0 : isIP(host) === 6;
  // isIP takes a zone ("fe80::1%eth0"), which ssh would read as one of its own tokens.
  if (!known || host.includes('%') || (user !== undefined && !LOGIN.test(user))) {
    throw invalid('an address for ssh', address, 'user@host or host; the port goes into `port`');
  }
  return { user, host };
}

/** A TCP port. Throws `invalid`. */
export function tcpPort(port: number): number {
  return boundedInteger('a port', port, 1, 65_535);
}

/** A whole number within bounds, both included. Throws `invalid`. */
export function boundedInteger(what: string, value: number, least: number, most: number): number {
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw invalid(what, String(value), `a whole number from ${least} to ${most}`);
  }
  return value;
}

/** An absolute path without `.`, `..`, doubled slashes or unusual characters; a trailing slash is dropped. Throws `invalid`. */
export function absolutePath(path: string): string {
  const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  if (trimmed.length >= PATH_MAX || !PATH.test(trimmed) || posix.resolve(trimmed) !== trimmed) {
    throw invalid('a path', path, 'absolute, without "..", quotes, backslashes or control characters');
  }
  return trimmed;
}

/** A systemd unit's full name; `.service` is added where no type is named, as systemctl does. Throws `invalid`. */
export function unitName(name: string): string {
  const full = UNIT_SUFFIX.test(name) ? name : `${name}.service`;
  if (name === '' || !UNIT.test(full)) throw invalid('a unit name', name, 'see systemd.unit(5)');
  return full;
}

function invalid(what: string, value: string, rule: string): DaytwoError {
  return new DaytwoError('invalid', `not ${what}: ${JSON.stringify(clip(inertLine(value), 80))} (${rule})`);
}
