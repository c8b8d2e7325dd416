import { z } from 'zod';
import { DaytwoError } from '../lib/errors.ts';
import { type Answer, badAnswer, type HttpServer, httpServer, parseAnswer, type ServerOptions } from './http.ts';
import type { Alertmanager, LiveAlert, Silence } from './port.ts';

const KEY = 'alertmanager.url';

const Labels = z.record(z.string(), z.string());
/** RFC 3339 into epoch ms. */
const Time = z.string().transform((text, context) => {
  const ms = Date.parse(text);
  if (Number.isFinite(ms)) return ms;
  context.addIssue({ code: 'custom', message: 'not a time' });
  return z.NEVER;
});
const MatcherShape = z.object({
  name: z.string(),
  value: z.string(),
  isRegex: z.boolean(),
  /** Absent before Alertmanager 0.22, where every matcher was an equal one. */
  isEqual: z.boolean().default(true),
});

/** Source: Alertmanager `api/v2/openapi.yaml`, gettableAlerts and gettableSilences. */
const Alerts = z.array(
  z.object({
    fingerprint: z.string(),
    labels: Labels,
    annotations: Labels.default({}),
    startsAt: Time,
    endsAt: Time,
    generatorURL: z.string().default(''),
    receivers: z.array(z.object({ name: z.string() })).default([]),
    status: z.object({
      state: z.enum(['active', 'suppressed', 'unprocessed']),
      silencedBy: z.array(z.string()).nullable(),
      inhibitedBy: z.array(z.string()).nullable(),
    }),
  }),
);
const Silences = z.array(
  z.object({
    id: z.string(),
    matchers: z.array(MatcherShape),
    startsAt: Time,
    endsAt: Time,
    createdBy: z.string(),
    comment: z.string(),
    status: z.object({ state: z.enum(['active', 'pending', 'expired']) }),
  }),
);
const Created = z.object({ silenceID: z.string().min(1) });
const Status = z.object({ versionInfo: z.object({ version: z.string() }), uptime: Time });

/**
 * A client of one Alertmanager's API v2.
 * @throws DaytwoError invalid when the URL is none
 */
export function createAlertmanager(options: ServerOptions): Alertmanager {
  const server = httpServer('Alertmanager', KEY, options);
  const get = async <T>(path: string, shape: z.ZodType<T>, what: string, signal: AbortSignal) => {
    const answer = await server.call({ path }, signal);
    if (answer.status !== 200) throw refusal(server, answer, what);
    return parseAnswer(server, answer, shape, what);
  };
  const silences = async (signal: AbortSignal): Promise<readonly Silence[]> =>
    (await get('/api/v2/silences', Silences, 'the silences', signal)).map(({ status, ...silence }) => ({
      ...silence,
      state: status.state,
    }));
  const status = async (signal: AbortSignal) => {
    const { versionInfo, uptime } = await get('/api/v2/status', Status, 'its status', signal);
    return { version: versionInfo.version, startedAt: uptime };
  };
  return {
    alerts: async (signal) => (await get('/api/v2/alerts', Alerts, 'the alerts', signal)).map(liveAlert),
    silences,
    createSilence: async (silence, signal) => {
      const body = {
        matchers: silence.matchers,
        startsAt: new Date(silence.startsAt).toISOString(),
        endsAt: new Date(silence.endsAt).toISOString(),
        createdBy: silence.createdBy,
        comment: silence.comment,
      };
      const answer = await server.call({ method: 'POST', path: '/api/v2/silences', body }, signal);
      if (answer.status !== 200) throw refusal(server, answer, 'a new silence');
      return parseAnswer(server, answer, Created, 'a new silence').silenceID;
    },
    expireSilence: async (id, signal) => {
      const path = `/api/v2/silence/${encodeURIComponent(id)}`;
      const answer = await server.call({ method: 'DELETE', path }, signal);
      if (answer.status === 200) return;
      // An ended silence answers 500 ("already expired"), a forgotten one 404: neither silences anything any more. Only the list,
      // which answers nothing but 200 on a real Alertmanager, tells these from a wrong address.
      const known = (await silences(signal)).find((silence) => silence.id === id);
      if (known && known.state !== 'expired') throw refusal(server, answer, 'the end of a silence');
    },
    status,
    version: async (signal) => (await status(signal)).version,
  };
}

/** Stands for an Alertmanager that is not set up: every question throws `not-configured`. */
export function alertmanagerNotConfigured(): Alertmanager {
  const absent = async (): Promise<never> => {
    throw new DaytwoError(
      'not-configured',
      `No Alertmanager is set up to be asked. Set ${KEY} to silence alerts from here.`,
    );
  };
  return {
    alerts: absent,
    silences: absent,
    createSilence: absent,
    expireSilence: absent,
    status: absent,
    version: absent,
  };
}

function liveAlert({ status, receivers, ...alert }: z.output<typeof Alerts>[number]): LiveAlert {
  return {
    ...alert,
    state: status.state,
    silencedBy: status.silencedBy ?? [],
    inhibitedBy: status.inhibitedBy ?? [],
    receivers: receivers.map(({ name }) => name),
  };
}

/** 400 and 422 (the schema) are what Alertmanager says of a silence it can't take: the input is wrong. */
function refusal(server: HttpServer, answer: Answer, what: string): DaytwoError {
  const error = badAnswer(server, answer, what);
  return answer.status === 400 || answer.status === 422 ? new DaytwoError('invalid', error.message) : error;
}
