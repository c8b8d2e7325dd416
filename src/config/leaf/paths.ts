import { posix } from 'node:path';
import { line } from './leaf.ts';

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
