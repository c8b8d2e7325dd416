import type { Rule, Span } from './spans.ts';

/** Shorter secrets, and shorter forms of them, would take ordinary words with them. In characters. */
const FORM_MIN = 4;
const BASE64_MIN = 8;

/** A line of a secret of several lines (a key) is a secret of its own from this length on: a journal tells it line by line. */
const LINE_MIN = 16;

/** Makes a rule that takes out these very secrets, in every form in which they commonly travel. */
export function knownSecrets(secrets: readonly string[]): Rule {
  const forms = [...new Set(secrets.flatMap((secret) => [secret, ...longLines(secret)]).flatMap(formsOf))];
  return (text) => {
    const spans: Span[] = [];
    for (const form of forms) {
      for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + form.length)) {
        spans.push({ start: at, end: at + form.length });
      }
    }
    return spans;
  };
}

function longLines(secret: string): string[] {
  const lines = secret.split(/\r?\n/);
  return lines.length < 2 ? [] : lines.map((line) => line.trim()).filter((line) => line.length >= LINE_MIN);
}

function formsOf(secret: string): string[] {
  if (secret.length < FORM_MIN) return [];
  const encoded = percentEncoded(secret);
  const plain = [secret, secret.trim(), ...encoded, ...encoded.map(lowerHex), JSON.stringify(secret).slice(1, -1)];
  return [...plain.filter((form) => form.length >= FORM_MIN), ...base64Forms(secret)];
}

/** As encodeURIComponent does it, as forms do it (`+` for a blank), and with the signs that RFC 3986 reserves and it leaves. */
function percentEncoded(secret: string): string[] {
  const usual = encodeURIComponent(secret.toWellFormed());
  const strict = usual.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  return [usual, strict, usual.replaceAll('%20', '+'), strict.replaceAll('%20', '+')];
}

function lowerHex(encoded: string): string {
  return encoded.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase());
}

/**
 * base64 and base64url, at each of the three places that a secret can have within a longer encoded text ("user:secret"). The characters
 * at the two ends that also hold bits of the neighbours are left off.
 */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const whole = [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const firstOwn = Math.ceil((offset * 8) / 6);
    const lastOwn = Math.floor(((offset + bytes.length) * 8) / 6);
    return encoded.slice(firstOwn, lastOwn);
  });
  const forms = whole.filter((form) => form.length >= BASE64_MIN);
  return [...forms, ...forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
}
