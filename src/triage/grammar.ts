import { isIP } from 'node:net';
import { absolutePath, unitName } from '../host/names.ts';

/** Source: RFC 1123 label as Kubernetes has it ("Object Names and IDs"): at most 63 of a-z, 0-9 and inner hyphens. */
const DNS_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Source: RFC 1123 subdomain as Kubernetes has it: labels joined by dots, at most 253 characters. */
const DNS_SUBDOMAIN = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

/** The `job` of a scrape or a push, as people name them; anything else is only shown, never asked for. */
const METRIC_JOB = /^[A-Za-z0-9][A-Za-z0-9_.:/@-]{0,127}$/;

const PORT = /^\d{1,5}$/;

/** Namespaces. */
export function isDnsLabel(value: string): boolean {
  return DNS_LABEL.test(value);
}

/** Nodes, pods, workloads, claims. */
export function isDnsSubdomain(value: string): boolean {
  return DNS_SUBDOMAIN.test(value);
}

/** A plain metric job name. */
export function isMetricJob(value: string): boolean {
  return METRIC_JOB.test(value);
}

/** The unit's full name (`.service` added where no type is named), or undefined for what systemd.unit(5) doesn't allow. */
export function unitOf(value: string): string | undefined {
  return tried(() => unitName(value));
}

/** The absolute path in its plain form, or undefined for what is none. */
export function pathOf(value: string): string | undefined {
  return tried(() => absolutePath(value));
}

function tried(check: () => string): string | undefined {
  try {
    return check();
  } catch {
    return undefined;
  }
}

/** The parts of an `instance`: `10.0.0.5:9100`, `[fd00::5]:9100`, `worker-1:9100`, `worker-1`. */
export interface Endpoint {
  /** A lower-case DNS name or an IP address, without brackets. */
  readonly host: string;
  readonly port: number | undefined;
}

/** Takes an `instance` label apart; undefined for what is no host with or without a port (a URL, a sentence). Pure. */
export function endpointOf(instance: string): Endpoint | undefined {
  const bracketed = /^\[([0-9a-fA-F:.]+)\](?::(\d{1,5}))?$/.exec(instance);
  if (bracketed?.[1] !== undefined) return endpoint(bracketed[1], bracketed[2], isIP(bracketed[1]) === 6);
  if (isIP(instance) !== 0) return endpoint(instance, undefined, !instance.includes('%'));
  const colon = instance.lastIndexOf(':');
  const host = (colon < 0 ? instance : instance.slice(0, colon)).toLowerCase();
  const port = colon < 0 ? undefined : instance.slice(colon + 1);
  return endpoint(host, port, isIP(host) === 4 || isDnsSubdomain(host));
}

function endpoint(host: string, port: string | undefined, known: boolean): Endpoint | undefined {
  if (!known || (port !== undefined && (!PORT.test(port) || Number(port) > 65_535))) return undefined;
  return { host: host.toLowerCase(), port: port === undefined ? undefined : Number(port) };
}

/** True for the machine's own addresses: what they mean depends on who wrote them. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
