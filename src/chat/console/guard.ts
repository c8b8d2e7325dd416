import { isIP } from 'node:net';

/**
 * Headers of every answer. Nothing comes from another origin, nothing inline runs, nobody frames the page, and the DOM refuses
 * strings where script could hide. Source: https://www.w3.org/TR/CSP3/, https://w3c.github.io/trusted-types/dist/spec/
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'x-frame-options': 'DENY',
};

const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** What the guard knows of where the console is served. */
export interface Served {
  /** `host:port` that is listened on. */
  readonly listen: string;
  readonly publicUrl?: string;
}

/** The name of a Host header without its port; undefined for what is no host. */
function nameOf(host: string): string | undefined {
  return /^(\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::\d{1,5})?$/.exec(host)?.[1]?.toLowerCase();
}

/**
 * Whether a Host header names us. DNS rebinding needs a name that the attacker's name server answers for: loopback names and
 * literal addresses can't be rebound, so any port of those is good (port-forwarding); other names must be configured.
 * Source: https://www.w3.org/TR/secure-contexts/#localhost
 */
export function isOurHost(host: string | undefined, served: Served): boolean {
  if (host === undefined) return false;
  const lower = host.toLowerCase();
  if (lower === served.listen.toLowerCase()) return true;
  if (served.publicUrl && lower === new URL(served.publicUrl).host) return true;
  const name = nameOf(lower);
  return name !== undefined && (LOOPBACK_NAMES.has(name) || isIP(name.replace(/^\[|\]$/g, '')) !== 0);
}

/** The headers by which a browser tells where a request comes from. */
export interface Provenance {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  readonly 'sec-fetch-site'?: string | string[] | undefined;
}

/**
 * Whether a request that changes something was made by our own page: Origin must be present and ours, and Sec-Fetch-Site, where
 * the browser sends it, must say so too. Source: https://www.w3.org/TR/fetch-metadata/, RFC 6454 section 7.
 */
export function isOurPage(headers: Provenance, served: Served): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return false;
  if (headers.origin === undefined || !URL.canParse(headers.origin)) return false;
  const origin = new URL(headers.origin);
  if (origin.protocol !== 'http:' && origin.protocol !== 'https:') return false;
  // A proxy may have replaced the Host: then the page's own address is the public one.
  return (
    origin.host === headers.host?.toLowerCase() ||
    (!!served.publicUrl && origin.origin === new URL(served.publicUrl).origin)
  );
}

/** The value of a cookie; undefined when it isn't there. */
export function cookieOf(header: string | undefined, name: string): string | undefined {
  for (const part of header?.split(';') ?? []) {
    const [key, value] = part.trim().split('=', 2);
    if (key === name) return value;
  }
  return undefined;
}
