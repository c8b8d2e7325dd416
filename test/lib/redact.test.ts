import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor, redact } from '../../src/lib/redact.ts';
import { cpuMs } from '../support/cpuTime.ts';

// Put together here, so that no scanner of repositories takes these for real ones.
const SLACK = ['xoxb', '123456789012', 'abcDEFghi123456789'].join('-');
const TELEGRAM = `123456789:${'AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw-x'.slice(0, 35)}`;
const GITHUB = `ghp_${'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'}`;
const AWS = `AKIA${'IOSFODNN7EXAMPLE'}`;
const JWT = ['eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9', 'eyJzdWIiOiIxMjM0NTY3ODkwIn0', 'dozjgNryP4J3jVmNHl0w5N'].join('.');
const BODY = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj';
const PEM = `-----BEGIN ${'PRIVATE KEY'}-----\n${BODY}\n${BODY}\nMzEfYyjiWA4R4\n-----END ${'PRIVATE KEY'}-----`;

describe('redact takes out', () => {
  it.each<[what: string, text: string, secret: string]>([
    ['a Slack token', `token is ${SLACK}, sorry`, SLACK],
    ['a Slack app token', `xapp-1-A0123-456-${'a1b2c3d4e5'.repeat(4)}`, 'a1b2c3d4e5'],
    ['a Slack webhook', 'POST https://hooks.slack.com/services/T000/B000/XXXXyyyy failed', 'XXXXyyyy'],
    ['a Telegram token in a URL', `https://api.telegram.org/bot${TELEGRAM}/getMe`, TELEGRAM],
    ['a GitHub token glued to text', `remote:${GITHUB}@github`, GITHUB],
    ['a fine-grained GitHub token', `github_pat_${'11ABCDEFG0abcdefghij_KLMNOP'}`, '11ABCDEFG0'],
    ['an AWS key id', `aws ${AWS} denied`, AWS],
    ['an AWS secret key', 'AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'wJalrXUtnFEMI'],
    ['a JWT', `got ${JWT} from the API`, JWT.slice(40, 60)],
    ['a JWT that was cut', `got ${JWT.slice(0, 50)}`, JWT.slice(10, 40)],
    ['a bearer header', 'Authorization: Bearer abcdef123456', 'abcdef123456'],
    ['a basic header', 'authorization: Basic YW5hOmh1bnRlcjI=', 'YW5hOmh1bnRlcjI'],
    ['a basic header in JSON', '{"Authorization":"Basic YW5hOmh1bnRlcjI="}', 'YW5hOmh1bnRlcjI'],
    ['a bare header', 'X-Api-Key: 0a1b2c', '0a1b2c'],
    ['two headers on a line', 'Authorization: aaa111 Authorization: bbb222', 'bbb222'],
    ['a cookie', 'Cookie: sid=abc; theme=dark', 'sid=abc'],
    [
      'a digest header',
      'Authorization: Digest username="ana", response="6629fae49393a05397450978507c4ef1"',
      '6629fae4',
    ],
    ['a password in a URL', 'postgres://app:s3cr3t@db:5432/app', 's3cr3t'],
    ['an unescaped one with @ and /', 'postgres://app:s3@cr/3t@db:5432/app', 'cr/3t'],
    ['one of digits alone', 'redis://:12345@cache:6379/0', '12345'],
    ['one in a restic repository', 'rest:https://ana:hunter2@backup:8000/k8s', 'hunter2'],
    ['a token as the user of a URL', 'https://a1b2c3d4e5f6a7b8c9@git.example/x.git', 'a1b2c3d4e5f6'],
    ['a Go MySQL address', 'dsn root:hunter2@tcp(db:3306)/app', 'hunter2'],
    ['a PEM block', `before\n${PEM}\nafter`, 'MzEfYyjiWA4R4'],
    ['a PEM block in JSON', JSON.stringify({ key: PEM }), 'MzEfYyjiWA4R4'],
    ['a PEM block whose end is missing', PEM.slice(0, 120), BODY.slice(20, 50)],
    ['a PEM block whose end is missing, in JSON', JSON.stringify(PEM).slice(0, 150), BODY.slice(20, 50)],
    ['a PEM block whose beginning is missing', PEM.slice(60), 'MzEfYyjiWA4R4'],
    ['a PEM block told line by line', PEM.replaceAll('\n', '\n03:10:00 app[7]: '), 'MzEfYyjiWA4R4'],
    ['a line of one', `03:10:00 app[7]: ${BODY}`, BODY.slice(5, 40)],
    ['client-key-data', `    client-key-data: LS0tLS1CRUdJTg==\n    x: y`, 'LS0tLS1CRUdJTg'],
    ['a kubeconfig token', 'users:\n- user:\n    token: abc123def\n', 'abc123def'],
    ['RESTIC_PASSWORD', 'RESTIC_PASSWORD=hunter2 restic backup', 'hunter2'],
    ['PGPASSWORD', "PGPASSWORD='hun ter2' pg_dump", 'hun ter2'],
    ['MYSQL_PWD', 'MYSQL_PWD=hunter2', 'hunter2'],
    ['a flag', 'mysqldump --password hunter2 -h db', 'hunter2'],
    ['a flag with =', 'app --db-password=hunter2', 'hunter2'],
    ['a flag with a quote that was cut', 'app --token "hun ter2', 'ter2'],
    ["mysql's -p", 'mysqldump -u root -phunter2 app', 'hunter2'],
    ["curl's -u", 'curl -u ana:hunter2 https://x', 'hunter2'],
    ['a JSON field', '{"secret": "hun\\"ter2", "a": 1}', 'ter2'],
    ['a JSON field within JSON', JSON.stringify(JSON.stringify({ apiKey: 'hun"ter2\\', b: 1 })), 'ter2'],
    ['a JSON field that was cut', '{"clientSecret": "hunter2 and mo', 'hunter2'],
    ['a passphrase of words on a YAML line', 'password: correct horse battery', 'battery'],
    ['a YAML block', 'password: |\n  hunter2\n  hunter3\nnext: 1', 'hunter3'],
    ['a value in a query', 'GET /x?a=1&token=hunter2&b=2', 'hunter2'],
    ['a value with odd characters', 'password=a,b;c&d%e!f)g next', 'c&d%e!f'],
    ['an XML element', '<db:password>hunter2</db:password>', 'hunter2'],
    ['a docker login', '{"auths":{"r":{"auth": "YW5hOmh1bnRlcjI="}}}', 'YW5hOmh1'],
    ['SQL', "ALTER USER a IDENTIFIED BY 'hunter2'", 'hunter2'],
    ['a k3s token', `K10${'0a'.repeat(32)}::server:hunter2`, 'hunter2'],
    [
      'the data of a Secret in YAML',
      'apiVersion: v1\ndata:\n  anything: aHVudGVyMg==\n  more: |\n    eHh4\nkind: Secret\n',
      'aHVudGVyMg',
    ],
    ['stringData of a Secret in JSON', '{"kind": "Secret", "stringData": {"a": "hun}ter2"}}', 'ter2'],
    ['a Secret within an annotation', JSON.stringify('{"kind":"Secret","data":{"a":"aHVudGVyMg=="}}'), 'aHVudGVyMg'],
  ])('%s', (_, text, secret) => {
    expect(text).toContain(secret);
    const found = redact(text);
    expect(found.text).not.toContain(secret);
    expect(found.count).toBeGreaterThan(0);
  });

  it('keeps what stands around', () => {
    expect(redact('PGPASSWORD=hunter2 pg_dump -h db app').text).toBe('PGPASSWORD=[redacted] pg_dump -h db app');
    expect(redact('postgres://app:s3cr3t@db:5432/app').text).toBe('postgres://app:[redacted]@db:5432/app');
    expect(redact('{"password":"x y","user":"ana"}').text).toBe('{"password":"[redacted]","user":"ana"}');
    expect(redact('password=a1b2,user=ana (token=c3)').text).toBe('password=[redacted],user=ana (token=[redacted])');
    expect(redact(`a\n${PEM}\nb`)).toEqual({ text: 'a\n[redacted]\nb', count: 1 });
    expect(redact('data:\n  a: eA==\nkind: Secret\nmetadata:\n  name: x').text).toBe(
      'data:\n  a: [redacted]\nkind: Secret\nmetadata:\n  name: x',
    );
  });

  it('finds nothing more in what it has redacted', () => {
    const once = redact(
      `Authorization: Bearer abcdef123456\n{"private_key": ${JSON.stringify(PEM)}} RESTIC_PASSWORD=a`,
    );
    expect(redact(once.text)).toEqual({ text: once.text, count: 0 });
  });
});

describe('redact leaves', () => {
  it.each<[string]>([
    ['snapshot 4f2a9c1e saved'],
    ['repository 8d6aa9f1 opened (version 2, compression level auto)'],
    ['{"snapshot_id":"4f2a9c1e3b5d7f9a1c3e5b7d9f1a3c5e7b9d1f3a5c7e9b1d3f5a7c9e1b3d5f7a"}'],
    ['unable to create lock: repository is already locked by PID 4121 on node-0 by root (UID 0, GID 0)'],
    ['Fatal: wrong password or no key found'],
    ['enter password for repository: '],
    ['restic --password-file /etc/restic/key -r /srv/restic backup'],
    ['RESTIC_PASSWORD_FILE=/etc/restic/password'],
    ['open /etc/restic/password: permission denied'],
    ['open /var/run/secrets/kubernetes.io/serviceaccount/token: no such file or directory'],
    ['image docker.io/library/nginx@sha256:9f1a3c5e7b9d1f3a5c7e9b1d3f5a7c9e1b3d5f7a9f1a3c5e7b9d1f3a5c7e9b1d'],
    ['pod default/web-7d4b9c6f5-x2x9k uid 0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0'],
    ['commit 874e7f3a1b2c3d4e5f60718293a4b5c6d7e8f901'],
    ['MountVolume.SetUp failed for volume "db" : secret "db-credentials" not found'],
    ["couldn't find key password in Secret default/db"],
    ["      DB_PASSWORD:  <set to the key 'password' in secret 'db'>  Optional: false"],
    ['Image pull secrets: regcred'],
    ['automountServiceAccountToken: false'],
    ['tokenExpirationSeconds: 3607'],
    ['secretName: web-tls'],
    ['the basic functionality of a bearer document'],
    ['bearer token authentication failed'],
    ['http://prometheus:9090/graph?g0.expr=up@5'],
    ['http://[::1]:8080/x@y'],
    ['git@github.com:ana/daytwo.git, sftp:ops@backup:/srv/restic, https://h/@scope/pkg'],
    ['PWD=/root OLDPWD=/tmp'],
    ['docker run -u 1000:1000 nginx'],
    ['the host key SHA256:uNiVztksCsDhcc0u9e8BrBdXVUpKxIUzKGbNxLxJ0mE is new'],
    ['/var/lib/rancher/k3s/agent/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/12/fs'],
    ['Unexpected token: } in JSON at position 5'],
    ['1795182173:42 took 3 s; 12345678:some-really-long-hyphenated-pod-name-xyz-abc'],
    ['max_tokens=4096 max_tokens: 12'],
    [String.raw`"http_config:\n  authorization:\n    type: Bearer\n"`],
    ['disk-usage-by-namespace-and-pod-of-the-last-day'],
  ])('%s', (text) => {
    expect(redact(text)).toEqual({ text, count: 0 });
  });

  it('recorded evidence', () => {
    const folder = new URL('../captures/host/', import.meta.url);
    for (const name of readdirSync(folder)) {
      const text = readFileSync(new URL(name, folder), 'utf8');
      expect(redact(text), name).toEqual({ text, count: 0 });
    }
  });
});

describe('createRedactor', () => {
  const secret = 'p@ss w/ö"rd+1';
  const known = createRedactor([secret, 'abc']);

  it.each<[string, string]>([
    ['as it is', secret],
    ['URL-encoded', encodeURIComponent(secret)],
    ['URL-encoded in lower case', encodeURIComponent(secret).toLowerCase()],
    ['form-encoded', new URLSearchParams({ a: secret }).toString().slice(2)],
    ['in JSON', JSON.stringify(secret).slice(1, -1)],
    ['in base64', Buffer.from(secret).toString('base64')],
    ['in base64 after a name', Buffer.from(`ana:${secret}`).toString('base64')],
    ['in base64 between others', Buffer.from(`{"a":"${secret}", "b": 1}`).toString('base64')],
    ['in base64url', Buffer.from(`xy${secret}`).toString('base64url')],
  ])('takes out a known secret %s', (_, form) => {
    const found = known(`<${form}>`);
    expect(found.count).toBe(1);
    expect(found.text).not.toContain(form);
  });

  it('takes out the lines of a known key one by one, and overlapping secrets whole', () => {
    const byLine = createRedactor([`first line of a key\nsecond line of a key`]);
    expect(byLine('12:00 second line of a key').text).toBe('12:00 [redacted]');
    expect(createRedactor(['abcdef', 'defghi'])('_abcdefghi_').text).toBe('_[redacted]_');
  });

  it('does not let a secret of three letters take words with it', () => {
    expect(known('abcdef').text).toBe('abcdef');
  });

  it('never lets a known secret through, wherever it is put', () => {
    const anySecret = fc
      .string({ unit: 'binary', minLength: 6, maxLength: 60 })
      .filter((one) => !/[[\]]|redac/.test(one));
    fc.assert(
      fc.property(anySecret, fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, before, after) => {
        expect(createRedactor([one])(before + one + after).text.includes(one)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a planted secret', () => {
  const alnum = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'];
  const random = (length: number) =>
    fc.string({ unit: fc.constantFrom(...alnum), minLength: length, maxLength: length });
  const planted = fc.oneof(
    random(24).map((tail) => ({ secret: `xoxb-1234567890-${tail}`, text: `xoxb-1234567890-${tail}` })),
    random(35)
      .filter((tail) => /[a-z]/.test(tail) && /[A-Z]/.test(tail))
      .map((tail) => ({ secret: tail, text: `8123456789:${tail}` })),
    random(36).map((tail) => ({ secret: tail, text: `ghp_${tail}` })),
    random(16).map((value) => ({ secret: value, text: `password=${value}` })),
    random(16).map((value) => ({ secret: value, text: `"api_key": "${value}"` })),
    random(16).map((value) => ({ secret: value, text: ` --password ${value}` })),
    random(16).map((value) => ({ secret: value, text: `https://ana:${value}@h/` })),
    fc.tuple(random(64), random(64)).map(([a, b]) => ({
      secret: b,
      text: `-----BEGIN ${'RSA PRIVATE KEY'}-----\n${a}\n${b}`,
    })),
  );
  const around = fc.array(
    fc.constantFrom(
      'a',
      'Z',
      '9',
      ' ',
      '\n',
      '\t',
      '"',
      "'",
      '=',
      ':',
      '{',
      '}',
      '\\',
      ',',
      '/',
      '@',
      '-',
      '&',
      'password',
      'token=',
      'kind: Secret',
      '-----END A-----',
      '-----BEGIN B-----',
      'http://',
    ),
    { maxLength: 12 },
  );

  it('never survives, whatever stands around it', () => {
    fc.assert(
      fc.property(planted, around, around, ({ secret, text }, before, after) => {
        // Before a flag there is a blank or nothing: glued to a word it would be another word.
        const whole = `${before.join('')}${text}${/[\w-]$/.test(text) ? ' ' : ''}${after.join('')}`;
        expect(redact(whole).text.includes(secret), JSON.stringify(whole)).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('the time it takes', () => {
  const MEGABYTE = 1_000_000;
  const fill = (pattern: string, length: number): string =>
    pattern.repeat(Math.ceil(length / pattern.length)).slice(0, length);
  const took = (text: string): number => cpuMs(() => redact(text));

  it.each([
    'a',
    'A1b',
    '-',
    '-----BEGIN A-----',
    '-----END A-----',
    '-----BEGIN A-----\n',
    'AAAA\n',
    'eyJ',
    'password',
    'password=',
    'password="',
    `password='"`,
    'password: ',
    'tokenFile=',
    'secret={',
    'secret: [',
    'password=${',
    '--password ',
    '--token "x',
    '-password',
    'xoxb-',
    '1',
    '1:',
    '12345678:',
    'http://',
    'http://a:',
    'a:b@tcp',
    ':a',
    'a@',
    'Basic ',
    'Authorization: ',
    'cookie:',
    '<password',
    '<password>',
    'mysql -p',
    'mysql',
    '-u a:',
    '\\',
    '\\"',
    'password\\\\\\"=',
    ',',
    'password=,a',
    'identified ',
    'kind: Secret\ndata:\n',
    'kind: Secret "data":{"',
    '\n',
    ' ',
    '\t\n',
    'K10',
    'AKIA',
    'ghp_',
    'sk-',
    'password: |\n',
    ' password: |\n',
    'é',
    'xoxa.',
  ])('grows in step with the text for %j', (pattern) => {
    const small = fill(pattern, MEGABYTE / 8);
    const large = fill(pattern, MEGABYTE);
    took(small);
    // Eight times the text: 8 × the time if linear, 64 × if quadratic. A floor keeps the clock's noise out.
    const base = Math.max(3, Math.min(took(small), took(small)));
    expect(took(large) / base).toBeLessThan(30);
  });
});
