import { isIP } from 'node:net';
import { good, line, NO_TEXT, text } from './leaf.ts';

/** A DNS name. Source: RFC 1123 section 2.1; never starts with a hyphen, so it is safe as an argument. */
const DNS_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

const isPort = (port: string) => /^\d{1,5}$/.test(port) && Number(port) <= 65_535;

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
