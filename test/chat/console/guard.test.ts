import { describe, expect, it } from 'vitest';
import { cookieOf, isOurHost, isOurPage, type Provenance, SECURITY_HEADERS } from '../../../src/chat/console/guard.ts';

const served = { listen: '0.0.0.0:8080', publicUrl: 'https://daytwo.example.com' };

describe('isOurHost', () => {
  it.each<[string | undefined, boolean]>([
    ['localhost:8080', true],
    ['LOCALHOST:8080', true],
    ['127.0.0.1:8080', true],
    ['127.0.0.1:9999', true],
    ['[::1]:8080', true],
    ['localhost', true],
    ['10.0.0.7:8080', true],
    ['[fe80::1]:8080', true],
    ['daytwo.example.com', true],
    ['daytwo.example.com:8443', false],
    ['evil.example', false],
    ['evil.example:8080', false],
    ['localhost.evil.example:8080', false],
    ['127.0.0.1.evil.example:8080', false],
    ['127.0.0.1@evil.example', false],
    ['', false],
    [undefined, false],
    ['localhost:8080, evil.example', false],
  ])('says of %s: %s', (host, expected) => {
    expect(isOurHost(host, served)).toBe(expected);
  });
});

describe('isOurPage', () => {
  it.each<[string, Provenance, boolean]>([
    [
      'our own page',
      { host: 'localhost:8080', origin: 'http://localhost:8080', 'sec-fetch-site': 'same-origin' },
      true,
    ],
    ['a browser without fetch metadata', { host: 'localhost:8080', origin: 'http://localhost:8080' }, true],
    [
      'a proxy that ends TLS and keeps the host',
      { host: 'daytwo.example.com', origin: 'https://daytwo.example.com' },
      true,
    ],
    ['a proxy that replaces the host', { host: '127.0.0.1:8080', origin: 'https://daytwo.example.com' }, true],
    ['another site', { host: 'localhost:8080', origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, false],
    ['another port of this machine', { host: 'localhost:8080', origin: 'http://localhost:3000' }, false],
    [
      'the same with an honest browser',
      { host: 'localhost:8080', origin: 'http://localhost:8080', 'sec-fetch-site': 'same-site' },
      false,
    ],
    ['a form without origin', { host: 'localhost:8080' }, false],
    ['an opaque origin', { host: 'localhost:8080', origin: 'null' }, false],
    ['an extension', { host: 'localhost:8080', origin: 'chrome-extension://localhost:8080' }, false],
    ['a sub-domain of ours', { host: '127.0.0.1:8080', origin: 'https://x.daytwo.example.com' }, false],
    ['ours without TLS', { host: '127.0.0.1:8080', origin: 'http://daytwo.example.com' }, false],
  ])('judges %s', (_, headers, expected) => {
    expect(isOurPage(headers, served)).toBe(expected);
  });
});

describe('cookieOf', () => {
  it.each<[string | undefined, string | undefined]>([
    ['daytwo=abc', 'abc'],
    ['other=1; daytwo=abc; x=2', 'abc'],
    ['notdaytwo=1', undefined],
    ['daytwo', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('finds in %s: %s', (header, expected) => {
    expect(cookieOf(header, 'daytwo')).toBe(expected);
  });
});

it('allows nothing inline and nothing from elsewhere', () => {
  const policy = SECURITY_HEADERS['content-security-policy'] ?? '';
  expect(policy).not.toMatch(/unsafe|data:|blob:|https?:|\*/);
  expect(policy).toContain("default-src 'none'");
});
