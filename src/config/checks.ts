import { nearest } from '../lib/nearest.ts';
import { parseWallTime } from '../lib/zone.ts';
import type { Fault } from './explain.ts';
import { isMapping } from './introspect.ts';
import { parseListen } from './leaf/addresses.ts';

/**
 * What no single value shows: names that must be unique or exist, keys that need or exclude each other. Looks at the plain file
 * rather than at the validated configuration, so that it finds its faults beside those of single values. Pure.
 */
export function crossCheck(raw: unknown): readonly Fault[] {
  const file = isMapping(raw) ? raw : {};
  return [
    ...names(file),
    ...references(file),
    ...webhook(file),
    ...signIns(file),
    ...chats(file),
    ...oncall(file),
    ...places(file),
    ...windows(file),
    ...runbooks(file),
  ];
}

type Mapping = Readonly<Record<string, unknown>>;
type Path = readonly PropertyKey[];

const section = (of: Mapping, key: string): Mapping => {
  const value = Object.hasOwn(of, key) ? of[key] : undefined;
  return isMapping(value) ? value : {};
};
const list = (of: Mapping, key: string): readonly unknown[] => {
  const value = Object.hasOwn(of, key) ? of[key] : undefined;
  return Array.isArray(value) ? value : [];
};
const entries = (of: Mapping, key: string): readonly Mapping[] =>
  list(of, key).map((one) => (isMapping(one) ? one : {}));
const has = (of: Mapping, key: string) => Object.hasOwn(of, key) && of[key] !== null;
const hasSecret = (of: Mapping, name: string) => has(of, name) || has(of, `${name}File`);
const isGiven = (value: unknown) => typeof value === 'string' || typeof value === 'number';

function names(file: Mapping): Fault[] {
  const unique = (what: string, key: string) => {
    const seen = new Set<string>();
    return entries(file, what).flatMap((entry, index): Fault[] => {
      const value = entry[key];
      if (!isGiven(value)) return [];
      const folded = String(value).toLowerCase();
      if (!seen.has(folded)) {
        seen.add(folded);
        return [];
      }
      return [{ path: [what, index, key], message: `another entry of ${what} has this ${key} already` }];
    });
  };
  return [
    ...unique('people', 'name'),
    ...unique('people', 'slack'),
    ...unique('people', 'telegram'),
    ...unique('hosts', 'name'),
    ...unique('backups', 'name'),
    ...unique('freezes', 'name'),
  ];
}

function references(file: Mapping): Fault[] {
  const known = (what: string) => entries(file, what).flatMap(({ name }) => (typeof name === 'string' ? [name] : []));
  const people = known('people');
  const hosts = known('hosts');
  const check = (value: unknown, path: Path, there: readonly string[], where: string): Fault[] => {
    if (typeof value !== 'string' || value === '' || there.includes(value)) return [];
    const meant = nearest(value, there);
    const fault = { path, message: `nobody of this name is in ${where}` };
    if (where === 'hosts') fault.message = 'no host of this name is in hosts';
    return [meant === undefined ? fault : { ...fault, suggestion: meant }];
  };
  const person = (value: unknown, path: Path) => check(value, path, people, 'people');
  const rotation = section(section(file, 'oncall'), 'rotation');
  const at = ['oncall', 'rotation'];
  return [
    ...list(rotation, 'people').flatMap((one, index) => person(one, [...at, 'people', index])),
    ...entries(rotation, 'overrides').flatMap((one, index) =>
      person(one['person'], [...at, 'overrides', index, 'person']),
    ),
    ...entries(file, 'backups').flatMap((backup, index) => [
      ...check(backup['host'], ['backups', index, 'host'], hosts, 'hosts'),
      ...list(backup, 'whoCanRestore').flatMap((one, place) => person(one, ['backups', index, 'whoCanRestore', place])),
    ]),
  ];
}

function webhook(file: Mapping): Fault[] {
  const alertmanager = section(file, 'alertmanager');
  const listen = section(file, 'server')['listen'];
  const address = typeof listen === 'string' ? parseListen(listen) : undefined;
  const faults = together(alertmanager, ['alertmanager'], 'webhookUser', 'webhookPassword');
  const guarded = hasSecret(alertmanager, 'webhookToken') || has(alertmanager, 'webhookUser');
  if (address && !address.loopback && !guarded) {
    faults.push({
      path: ['server', 'listen'],
      message:
        'listens beyond this machine, so the webhook needs alertmanager.webhookToken (or webhookUser and webhookPassword); else anybody could send alerts',
    });
  }
  return faults;
}

/** Two keys of which neither is worth anything alone; the second is a secret. */
function together(of: Mapping, path: Path, name: string, secret: string): Fault[] {
  const [first, second] = [has(of, name), hasSecret(of, secret)];
  if (first === second) return [];
  return first
    ? [{ path: [...path, name], message: `needs ${secret} (or ${secret}File) beside it` }]
    : [{ path: [...path, has(of, secret) ? secret : `${secret}File`], message: `needs ${name} beside it` }];
}

function signIns(file: Mapping): Fault[] {
  return ['alertmanager', 'prometheus', 'pushgateway'].flatMap((key) => {
    const server = section(file, key);
    const faults = together(server, [key], 'username', 'password');
    if (hasSecret(server, 'bearerToken') && has(server, 'username'))
      faults.push({ path: [key, 'username'], message: 'give either bearerToken or username and password, not both' });
    return faults;
  });
}

function needed(of: Mapping, path: Path, secret: string, why: string): Fault[] {
  return hasSecret(of, secret) ? [] : [{ path, message: `${secret} (or ${secret}File) is missing: ${why}` }];
}

function chats(file: Mapping): Fault[] {
  const all = section(file, 'chats');
  const faults: Fault[] = [];
  if (isMapping(all['slack'])) {
    const slack = all['slack'];
    const path = ['chats', 'slack'];
    faults.push(...needed(slack, path, 'botToken', 'nothing can be posted without it'));
    if (slack['mode'] === 'http')
      faults.push(...needed(slack, path, 'signingSecret', "Slack's requests are known by it"));
    else if (slack['mode'] === undefined || slack['mode'] === 'socket')
      faults.push(...needed(slack, path, 'appToken', 'Socket Mode is opened with it'));
  }
  if (isMapping(all['telegram'])) {
    const telegram = all['telegram'];
    const path = ['chats', 'telegram'];
    faults.push(...needed(telegram, path, 'botToken', 'nothing can be posted without it'));
    if (telegram['mode'] === 'webhook') {
      faults.push(...needed(telegram, path, 'secretToken', "Telegram's requests are known by it"));
      const publicUrl = section(file, 'server')['publicUrl'];
      if (publicUrl === undefined)
        faults.push({ path: [...path, 'mode'], message: 'webhook needs server.publicUrl, which Telegram is told' });
      else if (!has(telegram, 'apiRoot') && typeof publicUrl === 'string' && publicUrl.startsWith('http://'))
        faults.push({ path: ['server', 'publicUrl'], message: 'Telegram sends webhooks to https only' });
    }
  }
  const store = section(file, 'store');
  if (store['kind'] === 'postgres') faults.push(...needed(store, ['store'], 'url', 'it says where PostgreSQL is'));
  return faults;
}

function oncall(file: Mapping): Fault[] {
  const given = section(file, 'oncall');
  const sources = ['rotation', 'ical', 'slackUsergroup'].filter((key) => has(given, key));
  const faults: Fault[] = [];
  const [first, ...more] = sources;
  for (const key of more)
    faults.push({ path: ['oncall', key], onKey: true, message: `oncall has ${first} already: give one of them` });
  if (has(given, 'slackUsergroup') && !has(section(file, 'chats'), 'slack'))
    faults.push({ path: ['oncall', 'slackUsergroup'], message: 'needs chats.slack' });
  for (const [index, { from, to }] of entries(section(given, 'rotation'), 'overrides').entries()) {
    const [begin, end] = [from, to].map((one) => (typeof one === 'string' ? parseWallTime(one) : undefined));
    if (begin !== undefined && end !== undefined && end <= begin)
      faults.push({ path: ['oncall', 'rotation', 'overrides', index, 'to'], message: 'must be later than from' });
  }
  return faults;
}

function places(file: Mapping): Fault[] {
  const cluster = section(file, 'cluster');
  if (cluster['inCluster'] !== true) return [];
  return ['kubeconfig', 'context']
    .filter((key) => has(cluster, key))
    .map((key) => ({ path: ['cluster', key], onKey: true, message: 'goes without inCluster: true only' }));
}

function windows(file: Mapping): Fault[] {
  return entries(file, 'freezes').flatMap(({ from, to }, index) =>
    typeof from === 'string' && from === to
      ? [{ path: ['freezes', index, 'to'], message: 'must differ from from' }]
      : [],
  );
}

function runbooks(file: Mapping): Fault[] {
  return entries(file, 'runbooks').flatMap((runbook, index) =>
    has(runbook, 'match') || has(runbook, 'name')
      ? []
      : [{ path: ['runbooks', index], message: 'needs match, or the name of a built-in runbook' }],
  );
}
