/** Answers of the Bot API that say no. Texts and codes are the vendor's. */

/** Extra facts of an error. https://core.telegram.org/bots/api#responseparameters */
export type FailureParameters = { readonly migrate_to_chat_id?: number; readonly retry_after?: number };

/** An error answer: HTTP status, description and parameters, as https://core.telegram.org/bots/api#making-requests says. */
export class ApiFailure extends Error {
  readonly code: number;
  readonly parameters: FailureParameters | undefined;

  constructor(code: number, description: string, parameters?: FailureParameters) {
    super(description);
    this.name = 'ApiFailure';
    this.code = code;
    this.parameters = parameters;
  }
}

/** 400 with the vendor's prefix; like the server it lowers the first letter unless the text is a constant (TOPIC_CLOSED). */
export function badRequest(text: string, parameters?: FailureParameters): ApiFailure {
  const constant = /^.[A-Z_]/.test(text);
  return new ApiFailure(
    400,
    `Bad Request: ${constant ? text : text.charAt(0).toLowerCase() + text.slice(1)}`,
    parameters,
  );
}

/** 403 with the vendor's prefix. */
export function forbidden(text: string): ApiFailure {
  return new ApiFailure(403, `Forbidden: ${text}`);
}

/** 409 with the vendor's prefix. */
export function conflict(text: string): ApiFailure {
  return new ApiFailure(409, `Conflict: ${text}`);
}

/** 401: the token is unknown, malformed or revoked. */
export function unauthorized(): ApiFailure {
  return new ApiFailure(401, 'Unauthorized');
}

/** 429 with the seconds to wait; they can be hours. https://core.telegram.org/bots/api#responseparameters */
export function tooMany(retryAfterSeconds: number): ApiFailure {
  return new ApiFailure(429, `Too Many Requests: retry after ${retryAfterSeconds}`, { retry_after: retryAfterSeconds });
}
