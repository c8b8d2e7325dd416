import { z } from 'zod';
import { clip, inertLine } from '../lib/text.ts';
import type { EvictionAnswer } from './acting.ts';
import { isAbsent, objectOf, statusMessage } from './faults.ts';
import type { WireAnswer } from './transport.ts';

/** What a throttled request waits where the server doesn't say, ms. */
const THROTTLED_MS = 1000;
const THROTTLED_MOST_MS = 60_000;
const SAID_MAX = 300;

/** A Status, as far as it is read. Source: k8s.io/apimachinery `pkg/apis/meta/v1/types.go`. */
const status = z.object({
  reason: z.string().optional(),
  details: z
    .object({
      causes: z.array(z.object({ reason: z.string().optional(), message: z.string().optional() })).optional(),
      retryAfterSeconds: z.number().optional(),
    })
    .optional(),
});

/**
 * Reads the eviction API's answer; undefined for one that says nothing of this pod (401, 5xx, a proxy's). Recorded answers:
 * test/captures/cluster/eviction-*. Where the API gives no code but words, they are its own since 1.22: kubernetes
 * `pkg/registry/core/pod/storage/eviction.go` (several budgets), apiserver `pkg/admission/plugin/webhook/errors` (denied) and
 * `pkg/endpoints/handlers/responsewriters/errors.go` (a missing right; a budget in disorder is a 403, too).
 */
export function evictionAnswer(answer: WireAnswer): EvictionAnswer | undefined {
  const { status: code, headers, body } = answer;
  const text = body.toString();
  // A proxy's page of 200 has evicted nobody.
  if (code >= 200 && code < 300) return objectOf(text) && { is: 'evicted' };
  const said = statusMessage(text);
  const read = status.safeParse(objectOf(text));
  const causes = read.data?.details?.causes ?? [];
  const cause = (reason: string) => causes.find((one) => one.reason === reason);
  switch (code) {
    case 404:
      return isAbsent(answer) ? { is: 'gone' } : undefined;
    case 409:
      return { is: /UID in (?:the )?precondition/i.test(said) ? 'replaced' : 'conflict' };
    case 429: {
      const budget = cause('DisruptionBudget');
      if (budget) return { is: 'held', text: clip(inertLine(budget.message ?? said), SAID_MAX) };
      const seconds = Number(headers['retry-after'] ?? read.data?.details?.retryAfterSeconds);
      const waitMs = seconds > 0 ? seconds * 1000 : THROTTLED_MS;
      return { is: 'throttled', retryAfterMs: Math.min(waitMs, THROTTLED_MOST_MS) };
    }
    case 500:
      return /more than one PodDisruptionBudget/.test(said) ? { is: 'several-budgets' } : undefined;
    case 403:
      if (cause('NamespaceTerminating')) return { is: 'namespace-terminating' };
      return { is: 'denied', right: /cannot create resource/.test(said), text: said };
    default:
      return code >= 400 && code < 500 && code !== 401 && isWebhook(said)
        ? { is: 'denied', right: false, text: said }
        : undefined;
  }
}

const isWebhook = (said: string): boolean => /^admission webhook |denied (?:the )?request/.test(said);
