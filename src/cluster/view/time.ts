/** A time of the API as epoch ms: the client library gives Dates, raw JSON has RFC 3339. Undefined for none, or none that makes sense. */
export function epochMs(time: Date | string | null | undefined): number | undefined {
  if (time === null || time === undefined) return undefined;
  const ms = new Date(time).getTime();
  return Number.isFinite(ms) ? ms : undefined;
}
