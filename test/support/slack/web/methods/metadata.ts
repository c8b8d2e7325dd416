import { METADATA_BYTES } from '../../limits.ts';
import { isObj, type Obj } from '../../value.ts';
import { type MethodCall, wrong } from '../method.ts';

/** Event metadata. https://docs.slack.dev/messaging/message-metadata */
export function metadataOf(call: MethodCall): Obj | undefined {
  const metadata = call.args['metadata'];
  if (!isObj(metadata)) return undefined;
  if (Object.keys(metadata).length === 0) return metadata;
  const known = Object.keys(metadata).every((key) => key === 'event_type' || key === 'event_payload');
  const { event_type: type, event_payload: payload } = metadata as { event_type?: unknown; event_payload?: unknown };
  if (
    !known ||
    typeof type !== 'string' ||
    !/^[A-Za-z0-9_.:-]+$/.test(type) ||
    !isObj(payload) ||
    !Object.values(payload).every(flat)
  ) {
    throw wrong(call, 'bad-metadata', 'invalid_metadata_schema', JSON.stringify(metadata).slice(0, 200));
  }
  if (Buffer.byteLength(JSON.stringify(metadata)) > METADATA_BYTES) {
    throw wrong(call, 'bad-metadata', 'metadata_too_large', `more than ${METADATA_BYTES} bytes`);
  }
  return metadata;
}

/** A payload's value: a scalar, an object of scalars, or a list of such. https://docs.slack.dev/messaging/message-metadata#payload-structure */
function flat(value: unknown): boolean {
  if (Array.isArray(value))
    return value.every((item) => isScalar(item) || (isObj(item) && Object.values(item).every(isScalar)));
  return isScalar(value) || (isObj(value) && Object.values(value).every(isScalar));
}

function isScalar(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
