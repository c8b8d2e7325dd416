import { describe, expect, it } from 'vitest';
import { lastWords, sshError } from '../../src/host/ssh-errors.ts';

const place = {
  name: 'worker-1',
  address: 'ops@10.0.0.5',
  knownHostsFile: '/keys/known_hosts',
  connectTimeoutMs: 5000,
};

describe('sshError', () => {
  it.each<[stderr: string, code: string, message: RegExp]>([
    ['ssh: connect to host 10.0.0.5 port 22: Connection refused', 'unreachable', /^ssh worker-1: connection refused/],
    ['ssh: connect to host 10.0.0.5 port 22: No route to host', 'unreachable', /no route to host/],
    ['ssh: connect to host 10.0.0.5 port 22: Network is unreachable', 'unreachable', /no route to host/],
    ['ssh: connect to host 10.0.0.5 port 22: Connection timed out', 'unreachable', /no answer within 5 s/],
    [
      'Connection timed out during banner exchange\nConnection to 10.0.0.5 port 22 timed out',
      'unreachable',
      /no answer within 5 s/,
    ],
    ['Timeout, server 10.0.0.5 not responding.', 'unreachable', /no answer/],
    ['ssh: Could not resolve hostname worker-1: Name or service not known', 'unreachable', /can't be resolved/],
    [
      'No ED25519 host key is known for 10.0.0.5 and you have requested strict checking.\nHost key verification failed.',
      'forbidden',
      /isn't in \/keys\/known_hosts/,
    ],
    [
      '@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nHost key verification failed.',
      'forbidden',
      /has changed since .*ssh-keygen -R/,
    ],
    ['ops@10.0.0.5: Permission denied (publickey).', 'forbidden', /permission denied for ops@10\.0\.0\.5/],
    ['Received disconnect from 10.0.0.5 port 22:2: Too many authentication failures', 'forbidden', /permission denied/],
    [
      'Permissions 0644 for \'/keys/id\' are too open.\nLoad key "/keys/id": bad permissions\nops@10.0.0.5: Permission denied (publickey).',
      'forbidden',
      /chmod 600/,
    ],
    [
      'Unable to negotiate with 10.0.0.5 port 22: no matching host key type found. Their offer: ssh-rsa',
      'failed',
      /algorithm/,
    ],
    ['kex_exchange_identification: Connection closed by remote host', 'unreachable', /closed by the other side/],
    ['client_loop: send disconnect: Broken pipe', 'unreachable', /closed by the other side/],
    ['No user exists for uid 1234', 'failed', /\/etc\/passwd/],
    ['something new\u001b[31m', 'unreachable', /^ssh worker-1: something new$/],
    ['', 'unreachable', /^ssh worker-1: the connection broke$/],
  ])('words %j', (stderr, code, message) => {
    expect(sshError(place, stderr)).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe('lastWords', () => {
  it('takes the last line, redacted and short', () => {
    expect(lastWords('first\npassword=hunter2 wrong\n\n')).toBe('password=[redacted] wrong');
    expect(lastWords('x'.repeat(1000))).toHaveLength(200);
  });
});
