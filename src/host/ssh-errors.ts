import { DaytwoError, type ErrorCode } from '../lib/errors.ts';
import { redact } from '../lib/redact.ts';
import { clip, inertLine } from '../lib/text.ts';

/** What the sentences name: the host as the configuration calls it, and where its keys are looked up. */
export interface SshPlace {
  readonly name: string;
  /** Where ssh connects to, as `user@host` or `host`. */
  readonly address: string;
  readonly knownHostsFile: string;
  readonly connectTimeoutMs: number;
}

/** How much of a tool's own words goes into a sentence, in characters. */
const WORDS_MAX = 200;

type Row = readonly [pattern: RegExp, code: ErrorCode, say: (place: SshPlace) => string];

/**
 * What ssh prints in the C locale, and what it means; the first match wins. ssh ends with 255 whatever went wrong, so its text is all
 * that tells. Source: OpenSSH portable 9.2 sshconnect.c, sshconnect2.c, ssh.c, packet.c, misc.c; OpenSSH prints system errors by strerror(3).
 */
const ROWS: readonly Row[] = [
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for .{1,300} has changed|REVOKED HOST KEY/,
    'forbidden',
    (place) =>
      `the host key has changed since it was put into ${place.knownHostsFile}; unless the machine was rebuilt, someone may be in between. After checking its fingerprint, remove the old line with ssh-keygen -R`,
  ],
  [
    /Host key verification failed|No .{1,100} host key is known/,
    'forbidden',
    (place) =>
      `the host key of ${place.address} isn't in ${place.knownHostsFile}; add it with ssh-keyscan after checking its fingerprint`,
  ],
  [
    /bad permissions|are too open/,
    'forbidden',
    () => 'the identity file is readable for others, so ssh ignores it; chmod 600 it',
  ],
  [
    /Permission denied \(|Too many authentication failures|No supported authentication methods/,
    'forbidden',
    (place) =>
      `permission denied for ${place.address}; is the public key in its authorized_keys, and the identity file right?`,
  ],
  [/Connection refused/, 'unreachable', () => 'connection refused; is sshd running, and the port right?'],
  [/No route to host|Network is unreachable|Host is down/, 'unreachable', () => 'no route to host'],
  [
    /Could not resolve hostname/,
    'unreachable',
    (place) => `the name in ${place.address} can't be resolved; is it in DNS or /etc/hosts?`,
  ],
  [
    /timed out|Timeout, server/,
    'unreachable',
    (place) => `no answer within ${place.connectTimeoutMs / 1000} s; is the machine up, and no firewall in between?`,
  ],
  [
    /Unable to negotiate|no matching .{1,60} found/,
    'failed',
    () => 'no key exchange or host key algorithm in common; one of the two sshs is too old',
  ],
  [
    /No user exists for uid/,
    'failed',
    () => 'ssh needs the user that daytwo runs as in /etc/passwd, and it is not there',
  ],
  [
    /kex_exchange_identification|Connection closed|Connection reset|Broken pipe|banner/,
    'unreachable',
    () => 'the connection was closed by the other side; is that sshd, and are its MaxStartups reached?',
  ],
];

/** Words ssh's own failure (exit 255) from what it wrote to stderr. Pure. What isn't known is `unreachable` with ssh's last line. */
export function sshError(place: SshPlace, stderr: string): DaytwoError {
  for (const [pattern, code, say] of ROWS) {
    if (pattern.test(stderr)) return new DaytwoError(code, `ssh ${place.name}: ${say(place)}`);
  }
  return new DaytwoError('unreachable', `ssh ${place.name}: ${lastWords(stderr) || 'the connection broke'}`);
}

/** The last line that a tool wrote, fit for a sentence: redacted, inert, short. */
export function lastWords(stderr: string): string {
  const line = stderr.trimEnd().split('\n').at(-1) ?? '';
  return clip(redact(inertLine(line)).text, WORDS_MAX);
}
