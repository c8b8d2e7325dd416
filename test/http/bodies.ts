import fc from 'fast-check';

/** Names that hurt programs which keep untrusted keys in plain objects. */
const EVIL = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '',
  ' ',
  '\u0000',
  '\u202e',
  '\ud800',
];
const NAMES = ['DiskFillingUp', 'BackupFailed', 'Watchdog', 'InfoInhibitor', 'KubePodCrashLooping'];
/** Few, so that histories of one group come about. */
const GROUPS = 120;
const DATES = [
  '2026-01-05T03:10:00Z',
  '2026-01-05T03:10:00.123456789Z',
  '2026-01-05T04:10:00.5+01:00',
  '2026-02-30T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '+275760-09-13T00:00:00.001Z',
  '2026-01-05',
  '1767582600',
  'yesterday',
  '',
];

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const label = fc.oneof(
  { weight: 8, arbitrary: fc.stringMatching(/^[a-z_]{1,12}$/) },
  fc.constantFrom(...EVIL),
  fc.string(),
);
const value = fc.oneof(
  { weight: 8, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }) },
  fc.constantFrom(...EVIL, '<!channel>', '@everyone', '$(reboot)', '../../etc/passwd', '-rf', "'; DROP TABLE"),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
/** Built through entries, so that `__proto__` is a key like any other. */
const labels = fc
  .array(fc.tuple(label, value), { maxLength: 8 })
  .map((entries) => Object.fromEntries(entries) as Record<string, string>);

const date = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.integer({ min: 1_700_000_000, max: 1_800_000_000 }).map((s) => new Date(s * 1000).toISOString()),
  },
  fc.constantFrom(...DATES),
);

const alert = fc.record({
  status: fc.constantFrom('firing', 'resolved'),
  labels: fc.tuple(labels, fc.constantFrom(...NAMES)).map(([more, alertname]) => ({ alertname, ...more })),
  annotations: labels,
  startsAt: date,
  endsAt: date,
  generatorURL: fc.oneof(fc.webUrl(), fc.constant('javascript:alert(1)'), fc.constant('')),
  fingerprint: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 12 }).map((n) => `f${n}`) },
    fc.constantFrom(...EVIL),
    fc.string({ maxLength: 140 }),
  ),
});

const webhook = fc.record({
  version: fc.constant('4'),
  receiver: fc.constantFrom('daytwo', 'web\\.hook', ...EVIL),
  groupKey: fc.integer({ min: 0, max: GROUPS }).map((n) => `{}:{n="${n}"}`),
  truncatedAlerts: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.integer({ min: -1, max: 1000 })),
  status: fc.constantFrom('firing', 'resolved'),
  groupLabels: labels,
  commonLabels: labels,
  commonAnnotations: labels,
  externalURL: fc.oneof(fc.webUrl(), fc.constant('')),
  // Fingerprints come of so few that one notification often has one twice.
  alerts: fc.array(alert, { maxLength: 6 }),
});

const anything = fc.oneof(fc.jsonValue(), fc.constantFrom<Json>(null, -0, 1e308, [], {}, 'x'.repeat(100_000)));

/** One place of a document, found by steps that wrap around, replaced or removed. */
function mutated(root: Json, steps: readonly number[], change: Json | undefined): Json {
  const [step, ...rest] = steps;
  if (step === undefined || root === null || typeof root !== 'object') return change ?? null;
  const entries = Object.entries(root);
  if (entries.length === 0) return change ?? null;
  const at = step % entries.length;
  const inner = entries.flatMap(([key, old], i): [string, Json][] => {
    if (i !== at) return [[key, old]];
    if (rest.length === 0 && change === undefined) return [];
    return [[key, mutated(old, rest, change)]];
  });
  return Array.isArray(root) ? inner.map(([, one]) => one) : Object.fromEntries(inner);
}

const valid = webhook.map((body) => JSON.stringify(body));
const changed = fc
  .tuple(webhook, fc.array(fc.nat(20), { minLength: 1, maxLength: 4 }), fc.option(anything, { nil: undefined }))
  .map(([body, steps, change]) => JSON.stringify(mutated(body as Json, steps, change as Json | undefined)));
const truncated = fc.tuple(valid, fc.nat(5000)).map(([text, at]) => text.slice(0, at % (text.length + 1)));
const polluted = fc
  .tuple(
    valid,
    fc.constantFrom('__proto__', 'constructor', 'prototype'),
    fc.constantFrom('{"polluted":"yes"}', '"x"', 'null'),
  )
  .map(([text, key, inner]) =>
    text.replaceAll('"labels":{', `"labels":{"${key}":${inner},`).replace('{', `{"${key}":${inner},`),
  );
const deep = fc
  .tuple(fc.integer({ min: 10, max: 50_000 }), fc.constantFrom('[', '{"a":'), fc.boolean())
  .map(([depth, open, whole]) => {
    const nested = `${open.repeat(depth)}1${whole ? (open === '[' ? ']' : '}').repeat(depth) : ''}`;
    return `{"status":"firing","receiver":"daytwo","groupKey":"deep","more":${nested},"alerts":[]}`;
  });

/** Any body that may come to the webhook: what Alertmanager sends, that with one thing wrong, and what no JSON is. */
export const anyBody: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 40, arbitrary: valid.map((text) => Buffer.from(text)) },
  { weight: 30, arbitrary: changed.map((text) => Buffer.from(text)) },
  { weight: 8, arbitrary: truncated.map((text) => Buffer.from(text)) },
  { weight: 8, arbitrary: polluted.map((text) => Buffer.from(text)) },
  { weight: 2, arbitrary: deep.map((text) => Buffer.from(text)) },
  // Bytes that are no UTF-8, within strings and outside them.
  {
    weight: 6,
    arbitrary: fc
      .tuple(valid, fc.nat(3000), fc.uint8Array({ minLength: 1, maxLength: 4, min: 0x80 }))
      .map(([text, at, bytes]) => {
        const whole = Buffer.from(text);
        const place = at % whole.length;
        return Buffer.concat([whole.subarray(0, place), bytes, whole.subarray(place)]);
      }),
  },
  { weight: 3, arbitrary: fc.json().map((text) => Buffer.from(text)) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
);
