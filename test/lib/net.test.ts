import { describe, expect, it } from 'vitest';
import { networkFault } from '../../src/lib/net.ts';

const coded = (code: string, cause?: unknown) => Object.assign(new Error('x', { cause }), { code });

describe('networkFault', () => {
  it.each<[string, unknown, string, RegExp]>([
    ['a socket’s own error', coded('ECONNREFUSED'), 'unreachable', /^connection refused$/],
    ['what fetch wraps', new TypeError('fetch failed', { cause: coded('ENOTFOUND') }), 'unreachable', /host name/],
    [
      'several addresses tried',
      new TypeError('fetch failed', { cause: new AggregateError([coded('ECONNREFUSED'), coded('EHOSTUNREACH')]) }),
      'unreachable',
      /refused/,
    ],
    ['an unknown authority', coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'unreachable', /not trusted here/],
    [
      'another TLS failure',
      coded('ERR_SSL_NO_SHARED_CIPHER'),
      'unreachable',
      /handshake failed \(ERR_SSL_NO_SHARED_CIPHER\)/,
    ],
    ['what is no HTTP', coded('HPE_INVALID_CONSTANT'), 'bad-answer', /not in HTTP/],
    [
      'a wanted client certificate',
      coded('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'),
      'forbidden',
      /client certificate/,
    ],
  ])('knows %s', (_, error, code, words) => {
    expect(networkFault(error)).toMatchObject({ code, words: expect.stringMatching(words) });
  });

  const circle = new Error('round');
  circle.cause = circle;

  it.each([[new Error('other')], ['text'], [undefined], [coded('ENOENT')], [circle]])(
    'leaves others alone: %s',
    (error) => {
      expect(networkFault(error)).toBeUndefined();
    },
  );
});
