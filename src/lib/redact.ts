import { findAssignments } from './redact/assignments.ts';
import { findPem, findSecretManifests } from './redact/blocks.ts';
import { knownSecrets } from './redact/known.ts';
import { cutSpans, type Rule } from './redact/spans.ts';
import { findLongBase64, findTokens, findUrls } from './redact/tokens.ts';

/** Text without secrets, and how many places were taken out. */
export interface Redacted {
  readonly text: string;
  readonly count: number;
}

const RULES: readonly Rule[] = [findPem, findSecretManifests, findUrls, findTokens, findAssignments, findLongBase64];

/**
 * Takes out whatever looks like a secret: PEM blocks (whole or cut), the data of Kubernetes Secrets and kubeconfigs, passwords in URLs,
 * tokens known by their form, authorization headers, values assigned to names such as password or token, long runs of base64. Ordinary
 * evidence stays: tables, digests, UUIDs, hashes, snapshot ids, names of pods. Each place becomes `[redacted]`. Pure, in linear time.
 * Text should be inert already (`inert` in text.ts): an escape sequence inside a token would hide it.
 */
export function redact(text: string): Redacted {
  return cutSpans(
    text,
    RULES.flatMap((find) => find(text)),
  );
}

/**
 * The same, and the exact secrets of the configuration as well, also where they stand URL-encoded, JSON-escaped or in base64 (alone or
 * inside of more). Secrets of fewer than four characters are left to the rules: they would take ordinary words with them.
 */
export function createRedactor(secrets: readonly string[]): (text: string) => Redacted {
  const rules = [knownSecrets(secrets), ...RULES];
  return (text) =>
    cutSpans(
      text,
      rules.flatMap((find) => find(text)),
    );
}
