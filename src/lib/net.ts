import type { ErrorCode } from './errors.ts';

/** What a failed connection means: the code to branch on and half a sentence for people ("connection refused"). */
export interface NetworkFault {
  readonly code: Extract<ErrorCode, 'unreachable' | 'timeout' | 'bad-answer' | 'forbidden'>;
  readonly words: string;
}

/** Codes of Node's sockets, DNS, TLS and undici. Source: nodejs.org/api/errors.html, undici `lib/core/errors.js`, openssl-verify(1). */
const FAULTS: Readonly<Record<string, NetworkFault>> = {
  ECONNREFUSED: { code: 'unreachable', words: 'connection refused' },
  ENOTFOUND: { code: 'unreachable', words: 'the host name is unknown' },
  EAI_AGAIN: { code: 'unreachable', words: 'the host name could not be looked up' },
  EHOSTUNREACH: { code: 'unreachable', words: 'no route to the host' },
  ENETUNREACH: { code: 'unreachable', words: 'no route to the network' },
  ETIMEDOUT: { code: 'unreachable', words: 'no connection in time' },
  UND_ERR_CONNECT_TIMEOUT: { code: 'unreachable', words: 'no connection in time' },
  ECONNRESET: { code: 'unreachable', words: 'the connection was cut' },
  EPIPE: { code: 'unreachable', words: 'the connection was cut' },
  UND_ERR_SOCKET: { code: 'unreachable', words: 'the connection was cut' },
  UND_ERR_HEADERS_TIMEOUT: { code: 'timeout', words: 'no answer in time' },
  UND_ERR_BODY_TIMEOUT: { code: 'timeout', words: 'the answer stopped half way' },
  CERT_HAS_EXPIRED: { code: 'unreachable', words: 'its certificate has expired' },
  CERT_NOT_YET_VALID: { code: 'unreachable', words: 'its certificate is not valid yet (is a clock wrong?)' },
  DEPTH_ZERO_SELF_SIGNED_CERT: { code: 'unreachable', words: 'its certificate is self-signed and not trusted here' },
  SELF_SIGNED_CERT_IN_CHAIN: { code: 'unreachable', words: 'its certificate comes from an authority not trusted here' },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
    code: 'unreachable',
    words: 'its certificate comes from an authority not trusted here',
  },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: {
    code: 'unreachable',
    words: 'its certificate comes from an authority not trusted here',
  },
  ERR_TLS_CERT_ALTNAME_INVALID: { code: 'unreachable', words: 'its certificate is for another name' },
  EPROTO: { code: 'unreachable', words: 'the TLS handshake failed (is it http rather than https?)' },
  ERR_SSL_WRONG_VERSION_NUMBER: { code: 'unreachable', words: 'it does not speak TLS (is it http rather than https?)' },
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: { code: 'forbidden', words: 'it asks for a client certificate' },
};

const CAUSES_MAX = 6;

/**
 * Finds the socket, DNS or TLS fault in a thrown value, its causes and the parts of an AggregateError (several addresses tried).
 * Undefined where there is none: the error is something else.
 */
export function networkFault(error: unknown): NetworkFault | undefined {
  let at: unknown = error;
  for (let depth = 0; at instanceof Error && depth < CAUSES_MAX; depth += 1) {
    const code: unknown = 'code' in at ? at.code : undefined;
    if (typeof code === 'string') {
      const known = FAULTS[code];
      if (known) return known;
      if (code.startsWith('HPE_')) return { code: 'bad-answer', words: 'it answers, but not in HTTP' };
      if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code.startsWith('CERT_'))
        return { code: 'unreachable', words: `the TLS handshake failed (${code})` };
    }
    at = at instanceof AggregateError && at.errors.length > 0 ? at.errors[0] : at.cause;
  }
  return undefined;
}
