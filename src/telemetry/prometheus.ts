import { z } from 'zod';
import { DaytwoError, type ErrorCode } from '../lib/errors.ts';
import { clip, inertLine } from '../lib/text.ts';
import { type Answer, badAnswer, type HttpServer, httpServer, parseAnswer, type ServerOptions } from './http.ts';
import type { Prometheus, Sample, Series } from './port.ts';

/** At most about this many points a series: what a picture of 640 pixels can show. */
const POINTS_MAX = 200;
const SERIES_MAX = 20;
const KEY = 'prometheus.url';

const Labels = z.record(z.string(), z.string());
const Value = z.tuple([z.number(), z.string()]);

/** Source: prometheus.io/docs/prometheus/latest/querying/api, "Expression query result formats". */
const QueryData = z.discriminatedUnion('resultType', [
  z.object({ resultType: z.literal('vector'), result: z.array(z.object({ metric: Labels, value: Value.optional() })) }),
  z.object({
    resultType: z.literal('matrix'),
    result: z.array(z.object({ metric: Labels, values: z.array(Value).optional() })),
  }),
  z.object({ resultType: z.literal('scalar'), result: Value }),
  z.object({ resultType: z.literal('string'), result: Value }),
]);
const Query = z.object({ status: z.literal('success'), data: QueryData });
const BuildInfo = z.object({ status: z.literal('success'), data: z.object({ version: z.string() }) });
const Failure = z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() });

/** Prometheus' own error types. Source: `web/api/v1/api.go`, errorType constants. */
const FAILURES: Readonly<Record<string, ErrorCode>> = {
  bad_data: 'invalid',
  execution: 'failed',
  timeout: 'timeout',
  canceled: 'timeout',
  unavailable: 'unreachable',
};

/**
 * A client of one Prometheus' HTTP API (v1).
 * @throws DaytwoError invalid when the URL is none
 */
export function createPrometheus(options: ServerOptions): Prometheus {
  const server = httpServer('Prometheus', KEY, options);
  const ask = async (path: string, query: Record<string, string>, signal: AbortSignal) => {
    const answer = await server.call({ path, query }, signal);
    if (answer.status !== 200) throw refusal(server, answer);
    return parseAnswer(server, answer, Query, 'a query').data;
  };
  return {
    query: async (expr, signal) => {
      const data = await ask('/api/v1/query', { query: expr }, signal);
      if (data.resultType === 'scalar') return [sample({}, data.result)];
      if (data.resultType === 'vector')
        return data.result.flatMap(({ metric, value }) => (value ? [sample(metric, value)] : []));
      throw new DaytwoError('invalid', `The query gives a ${data.resultType}, not a vector.`);
    },
    queryRange: async (expr, range, signal) => {
      const step = stepSeconds(range.fromMs, range.toMs);
      // Points are counted from the start, so the start is moved until the last of them falls on the end: the newest figure is
      // the one that matters.
      const start = range.toMs / 1000 - Math.floor((range.toMs - range.fromMs) / 1000 / step) * step;
      const query = { query: expr, start: start.toFixed(3), end: (range.toMs / 1000).toFixed(3), step: String(step) };
      const data = await ask('/api/v1/query_range', query, signal);
      if (data.resultType !== 'matrix') throw new DaytwoError('bad-answer', `${server.name} gave no matrix.`);
      return data.result
        .slice(0, range.maxSeries ?? SERIES_MAX)
        .flatMap(({ metric, values }) => series(metric, values));
    },
    version: async (signal) => {
      const answer = await server.call({ path: '/api/v1/status/buildinfo' }, signal);
      if (answer.status !== 200) throw refusal(server, answer);
      return parseAnswer(server, answer, BuildInfo, 'its version').data.version;
    },
  };
}

/** Stands for a Prometheus that is not set up: every question throws `not-configured`. */
export function prometheusNotConfigured(): Prometheus {
  const absent = async (): Promise<never> => {
    throw new DaytwoError('not-configured', `No Prometheus is set up. Set ${KEY} to see metrics and trends.`);
  };
  return { query: absent, queryRange: absent, version: absent };
}

/** Whole seconds between points, so that a range holds at most 200 of them. Times in ms; at least 1 s. */
export function stepSeconds(fromMs: number, toMs: number): number {
  return Math.max(1, Math.ceil((toMs - fromMs) / 1000 / (POINTS_MAX - 1)));
}

/** A sample's value as Prometheus writes it: decimal, `NaN`, `+Inf`, `-Inf`. */
export function sampleValue(text: string): number {
  if (text === '+Inf' || text === 'Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

function sample(labels: Sample['labels'], [seconds, value]: readonly [number, string]): Sample {
  return { labels, at: Math.round(seconds * 1000), value: sampleValue(value) };
}

function series(labels: Series['labels'], values: readonly (readonly [number, string])[] | undefined): Series[] {
  if (!values) return [];
  return [
    {
      labels,
      points: values.map(([seconds, value]) => ({ at: Math.round(seconds * 1000), value: sampleValue(value) })),
    },
  ];
}

function refusal(server: HttpServer, answer: Answer): DaytwoError {
  let json: unknown;
  try {
    json = JSON.parse(answer.text);
  } catch {
    return badAnswer(server, answer, 'a query');
  }
  const failure = Failure.safeParse(json);
  const code = failure.success ? FAILURES[failure.data.errorType] : undefined;
  if (!failure.success || code === undefined) return badAnswer(server, answer, 'a query');
  return new DaytwoError(code, `${server.name} refused the query: ${clip(inertLine(failure.data.error), 300)}`);
}
