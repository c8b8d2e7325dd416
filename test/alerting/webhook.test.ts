import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMeta, parseWebhook } from '../../src/alerting/webhook.ts';
import { alert, resolved, snapshot, webhookBody } from '../support/alerts.ts';

const T = Date.parse('2026-11-20T03:10:00Z');
type Body = Record<string, unknown> & { alerts: Record<string, unknown>[] };
const body = (): Body => JSON.parse(webhookBody(snapshot([alert('n1', T)]))) as Body;
const parse = (value: unknown) => parseWebhook(typeof value === 'string' ? value : JSON.stringify(value));

describe('a notification', () => {
  it('is read whole: what Alertmanager would post of a snapshot gives that snapshot', () => {
    const whole = snapshot([alert('n1', T), resolved('n2', T, T + 60_000)], { truncated: 3 });
    expect(parse(webhookBody(whole))).toEqual({ snapshot: whole });
  });

  it.each<[string, (one: Body) => unknown, string]>([
    ['no JSON', () => '{', '$'],
    ['nothing', () => '', '$'],
    ['a list', () => [], '$'],
    ['null', () => null, '$'],
    ['no group', ({ groupKey: _, ...rest }) => rest, '$.groupKey'],
    ['an empty group', (one) => ({ ...one, groupKey: '' }), '$.groupKey'],
    ['no alerts', ({ alerts: _, ...rest }) => rest, '$.alerts'],
    ['alerts that are no list', (one) => ({ ...one, alerts: {} }), '$.alerts'],
    ['another status', (one) => ({ ...one, status: 'burning' }), '$.status'],
    ['a negative count', (one) => ({ ...one, truncatedAlerts: -1 }), '$.truncatedAlerts'],
    [
      'an alert without a start',
      (one) => ({ ...one, alerts: [{ ...one.alerts[0], startsAt: undefined }] }),
      '$.alerts[0].startsAt',
    ],
    [
      'a start that is no time',
      (one) => ({ ...one, alerts: [{ ...one.alerts[0], startsAt: 'today' }] }),
      '$.alerts[0].startsAt',
    ],
    [
      'the zero time as start',
      (one) => ({ ...one, alerts: [{ ...one.alerts[0], startsAt: '0001-01-01T00:00:00Z' }] }),
      '$.alerts[0].startsAt',
    ],
    [
      'a label that is no text',
      (one) => ({ ...one, alerts: [one.alerts[0], { ...one.alerts[0], labels: { a: 1 } }] }),
      '$.alerts[1].labels.a',
    ],
    [
      'no fingerprint',
      (one) => ({ ...one, alerts: [{ ...one.alerts[0], fingerprint: '' }] }),
      '$.alerts[0].fingerprint',
    ],
  ])('with %s is refused with the place', (_, change, path) => {
    const parsed = parse(change(body()));
    expect('malformed' in parsed && parsed.malformed).toMatchObject({ path, message: expect.stringMatching(/./) });
  });

  it.each<[string, (one: Body) => unknown]>([
    ['fields of a later version', (one) => ({ ...one, notification_reason: 'repeat', new: { a: [1] } })],
    ['unknown fields of an alert', (one) => ({ ...one, alerts: [{ ...one.alerts[0], silenceURL: 'x' }] })],
    ['no version', ({ version: _, ...rest }) => rest],
    ['no truncatedAlerts (before 0.22)', ({ truncatedAlerts: _, ...rest }) => rest],
    ['no annotations', (one) => ({ ...one, alerts: [{ ...one.alerts[0], annotations: undefined }] })],
  ])('with %s passes', (_, change) => {
    expect(parse(change(body()))).toHaveProperty('snapshot');
  });

  it('keeps nanoseconds to the millisecond, and a firing alert has no end', () => {
    const one = body();
    one.alerts = [{ ...one.alerts[0], startsAt: '2026-11-20T03:10:00.123456789Z', endsAt: '2026-11-20T03:15:00Z' }];
    const parsed = parse(one);
    expect('snapshot' in parsed && parsed.snapshot.alerts).toMatchObject([{ startsAt: T + 123, endsAt: undefined }]);
  });

  it('counts a fingerprint once, the last one', () => {
    const one = body();
    one.alerts = [
      { ...one.alerts[0], status: 'firing' },
      { ...one.alerts[0], status: 'resolved', endsAt: '2026-11-20T03:11:00Z' },
    ];
    const parsed = parse(one);
    expect('snapshot' in parsed && parsed.snapshot.alerts.map(({ status }) => status)).toEqual(['resolved']);
  });

  it('is read without a throw, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string({ unit: 'binary' })), (text) => {
        const parsed = parseWebhook(text);
        expect('malformed' in parsed || 'snapshot' in parsed).toBe(true);
      }),
    );
  });
});

describe('alerts about alerting', () => {
  it.each([
    ['Watchdog', true],
    ['InfoInhibitor', true],
    ['watchdog', false],
    ['WatchdogGone', false],
    ['', false],
  ])('%j: %s', (alertname, meta) => {
    expect(isMeta({ alertname })).toBe(meta);
  });
});
