import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/lib/nearest.ts';

const KEYS = [
  'webhookToken',
  'webhookTokenFile',
  'url',
  'approvals',
  'approve',
  'drain',
  'uncordon',
  'cordon',
  'df',
  'du',
];

describe('nearest', () => {
  it.each<[string, string | undefined]>([
    ['webhook_token', 'webhookToken'],
    ['WebhookTokn', 'webhookToken'],
    ['webhook-token-file', 'webhookTokenFile'],
    ['aprovals', 'approvals'],
    ['drian', 'drain'],
    ['uncorden', 'uncordon'],
    ['URL', 'url'],
    ['d', 'df'],
    ['zz', undefined],
    ['', undefined],
    ['--', undefined],
    ['passphrase', undefined],
    ['x'.repeat(10_000), undefined],
  ])('takes %j for %j', (word, meant) => {
    expect(nearest(word, KEYS)).toBe(meant);
  });

  it('prefers the earlier of two equally near words', () => {
    expect(nearest('dx', ['du', 'df'])).toBe('du');
  });
});
