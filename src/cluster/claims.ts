import type { ClaimState } from './acting.ts';
import type { ActingClient } from './actingClient.ts';
import { isObjectName, namespaceName } from './names.ts';
import { claimState, type RawClaim, type RawVolume } from './state/claim.ts';

/** With more claims than this, lists are cheaper than asking for each. */
const ASK_EACH_MAX = 25;

type Wanted = { readonly namespace: string; readonly name: string };

/** Reads claims and the volumes behind them; those that aren't there are left out, as are names that the API server takes but nothing can have. */
export async function readClaims(
  client: ActingClient,
  wanted: readonly Wanted[],
  signal: AbortSignal,
): Promise<readonly ClaimState[]> {
  const named = wanted.filter(({ name }) => isObjectName(name));
  const places = [...new Map(named.map((one) => [`${one.namespace}/${one.name}`, one])).values()];
  if (places.length === 0) return [];
  const claims = await (places.length > ASK_EACH_MAX ? listed(client, places, signal) : each(client, places, signal));
  const volumes = await volumesOf(client, claims, signal);
  return claims.map((claim) => claimState(claim, volumes.get(claim.spec?.volumeName ?? '')));
}

async function each(
  client: ActingClient,
  places: readonly Wanted[],
  signal: AbortSignal,
): Promise<readonly RawClaim[]> {
  const found = await Promise.all(
    places.map(({ namespace, name }) =>
      client.get<RawClaim>(
        { verb: 'get', resource: 'persistentvolumeclaims', namespace },
        client.requests.core.readNamespacedPersistentVolumeClaim(name, namespaceName(namespace)),
        signal,
      ),
    ),
  );
  return found.filter((claim) => claim !== undefined);
}

async function listed(
  client: ActingClient,
  places: readonly Wanted[],
  signal: AbortSignal,
): Promise<readonly RawClaim[]> {
  const { core } = client.requests;
  const all = await client.list<RawClaim>(
    { verb: 'list', resource: 'persistentvolumeclaims' },
    (from, limit) => core.listPersistentVolumeClaimForAllNamespaces(undefined, from, undefined, undefined, limit),
    signal,
  );
  const names = new Set(places.map(({ namespace, name }) => `${namespace}/${name}`));
  return all.filter(({ metadata = {} }) => names.has(`${metadata.namespace}/${metadata.name}`));
}

async function volumesOf(
  client: ActingClient,
  claims: readonly RawClaim[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, RawVolume>> {
  const { core } = client.requests;
  const all = claims.flatMap(({ spec }) =>
    spec?.volumeName && isObjectName(spec.volumeName) ? [spec.volumeName] : [],
  );
  const names = [...new Set(all)];
  const found =
    names.length > ASK_EACH_MAX
      ? await client.list<RawVolume>(
          { verb: 'list', resource: 'persistentvolumes' },
          (from, limit) => core.listPersistentVolume(undefined, undefined, from, undefined, undefined, limit),
          signal,
        )
      : await Promise.all(
          names.map((name) =>
            client.get<RawVolume>(
              { verb: 'get', resource: 'persistentvolumes' },
              core.readPersistentVolume(name),
              signal,
            ),
          ),
        );
  return new Map(found.flatMap((volume) => (volume?.metadata?.name ? [[volume.metadata.name, volume] as const] : [])));
}
