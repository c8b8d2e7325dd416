import { MARK, type Span, valuesOf } from './spans.ts';

/**
 * Tokens known by their form. Each pattern starts with fixed text or at the beginning of a run and ends with an open repetition, so
 * that it either takes all that it looked at or gives up after a few characters: linear time.
 */
const TOKENS: readonly RegExp[] = [
  // Slack. https://docs.slack.dev/authentication/tokens
  /xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{8,}/g,
  /xapp-\d-[A-Za-z0-9-]{8,}/g,
  /hooks\.slack\.com\/(?:services|workflows|triggers)\/[A-Za-z0-9/_-]+/g,
  // GitHub, GitLab. https://docs.github.com/authentication/keeping-your-account-and-data-secure/about-authentication-to-github
  /gh[pousr]_[A-Za-z0-9]{20,}/g,
  /github_pat_\w{20,}/g,
  /gl(?:pat|rt|dt|ptt|cbt)-[\w-]{20,}/g,
  // AWS key ids. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
  /(?:AKIA|ASIA)[A-Z0-9]{16,}/g,
  // JSON in base64url: JWTs whole or cut, and what else carries JSON this way. RFC 7519.
  /eyJ[\w-]{17,}(?:\.[\w-]+){0,4}/g,
  // Google, npm, Stripe, OpenAI and Anthropic, DigitalOcean, Vault, Grafana, age, k3s.
  /AIza[\w-]{30,}/g,
  /ya29\.[\w-]{20,}/g,
  /npm_[A-Za-z0-9]{30,}/g,
  /[rs]k_(?:live|test)_[A-Za-z0-9]{16,}/g,
  /(?<![A-Za-z0-9])sk-[\w-]{20,}/g,
  /do[opr]_v1_[a-f0-9]{32,}/g,
  /hv[sbr]\.[\w-]{20,}/g,
  /gl(?:sa|c)_\w{20,}/g,
  /AGE-SECRET-KEY-1[A-Z0-9]{20,}/g,
  /K10[a-f0-9]{64}::[^\s"']+/g,
];

/** A Telegram bot's token: the bot's number, a colon, 35 characters. https://core.telegram.org/bots/api#authorizing-your-bot */
const TELEGRAM = /()((?<!\d)\d{8,}:[\w-]{35,})/g;

/** `Bearer x`, `Basic x`. RFC 6750, RFC 7617. */
const SCHEMES = /(\b(?:Bearer|Basic)[ \t]{1,4})([\w.~+/-]{6,}=*)/gi;

/** Tells tokens from words that may follow "bearer" or "basic" in prose. */
function isCredential(value: string, scheme: string): boolean {
  if (/^bearer/i.test(scheme)) return value.length >= 24 || /\d/.test(value);
  const pair = /^[\x20-\x7e]*:[\x20-\x7e]*$/.test(Buffer.from(value, 'base64').toString('latin1'));
  return pair || (value.length >= 16 && /[A-Z]/.test(value) && /[\d=]/.test(value));
}

/** Finds tokens that are known by their form. */
export function findTokens(text: string): Span[] {
  return [
    ...TOKENS.flatMap((pattern) =>
      [...text.matchAll(pattern)].map(({ index, 0: all }) => ({ start: index, end: index + all.length })),
    ),
    // Names of pods are lower-case; of 35 random characters some are not.
    ...valuesOf(text, TELEGRAM, (token) => /[a-z]/.test(token) && /[A-Z]/.test(token)),
    ...valuesOf(text, SCHEMES, isCredential),
  ];
}

/** An address with a scheme, up to the next blank, quote or address. */
const URL_LIKE = /([a-z][a-z0-9+.-]{0,20}:\/\/)((?:(?![a-z][a-z0-9+.-]{0,20}:\/\/)[^\s"'`<>])+)/gi;

/** Go's MySQL data source name: user:password@tcp(host:3306)/db. https://github.com/go-sql-driver/mysql#dsn-data-source-name */
const GO_DSN = /(:)([^\s:@/"']{1,256})@(?:tcp|unix)\(/g;

/** Finds the password in `scheme://user:password@host`; the rest of the address stays. */
export function findUrls(text: string): Span[] {
  const passwords = [...text.matchAll(URL_LIKE)].flatMap(({ index, 1: scheme = '', 2: rest = '' }) => {
    const found = userInfo(rest);
    const from = index + scheme.length;
    return found ? { start: from + found.start, end: from + found.end } : [];
  });
  return [...passwords, ...valuesOf(text, GO_DSN, (password) => password !== MARK)];
}

/**
 * Where the password of an address is. People put unescaped `/`, `?` and `@` into passwords, so it reaches to the last `@`, unless
 * what follows the colon is a port.
 */
function userInfo(rest: string): Span | undefined {
  const at = rest.lastIndexOf('@');
  const colon = rest.indexOf(':');
  const path = rest.search(/[/?#]/);
  if (at < 0) return undefined;
  if (colon >= 0 && colon < at && (path < 0 || colon < path) && !rest.startsWith('[')) {
    const password = rest.slice(colon + 1, at);
    if (password === '' || password === MARK || /^\d{1,5}[/?#]/.test(password)) return undefined;
    return { start: colon + 1, end: at };
  }
  // A token in the place of the user: https://TOKEN@host.
  const user = path >= 0 && path < at ? '' : rest.slice(0, at);
  return user.length >= 16 && /\d/.test(user) && /[A-Za-z]/.test(user) && !/[.@]/.test(user)
    ? { start: 0, end: at }
    : undefined;
}

/** A run of base64 as long as a line of PEM or more. */
const LONG_BASE64 = /()([A-Za-z0-9+/]{60,}={0,2})/g;

/** Finds long runs of mixed base64: lines of keys, kubeconfig data. Hex digests have no capitals, paths have many slashes. */
export function findLongBase64(text: string): Span[] {
  return valuesOf(text, LONG_BASE64, isMixed);
}

function isMixed(run: string): boolean {
  const count = (pattern: RegExp): number => run.match(pattern)?.length ?? 0;
  return count(/[A-Z]/g) >= 3 && count(/[a-z]/g) >= 3 && count(/\d/g) >= 2 && count(/\//g) <= run.length / 10;
}
