import type { LabelQuery, NodeTerm, OwnerRef, Requirement } from '../acting.ts';

/** Any object of the API's JSON. What the API leaves out is undefined. */
export interface RawMeta {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly {
    readonly apiVersion?: string;
    readonly kind?: string;
    readonly name?: string;
    readonly uid?: string;
    readonly controller?: boolean;
  }[];
}

/** A condition of any object. */
export interface RawCondition {
  readonly type?: string;
  readonly status?: string;
  readonly reason?: string;
}

/** A selector. */
export interface RawSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly RawRequirement[];
}

/** A requirement. */
export interface RawRequirement {
  readonly key?: string;
  readonly operator?: string;
  readonly values?: readonly string[];
}

/** Node selector terms, of pods and of volumes. */
export interface RawNodeTerms {
  readonly nodeSelectorTerms?: readonly {
    readonly matchExpressions?: readonly RawRequirement[];
    readonly matchFields?: readonly RawRequirement[];
  }[];
}

/** Epoch ms of a time of the API; undefined where there is none. */
export function timeOf(text: string | undefined): number | undefined {
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** The status of a condition; undefined where the object has none of that type. */
export function conditionOf(conditions: readonly RawCondition[] | undefined, type: string): RawCondition | undefined {
  return conditions?.find((one) => one.type === type);
}

/** Requirements, complete. */
export function requirementsOf(raw: readonly RawRequirement[] | undefined): readonly Requirement[] {
  return (raw ?? []).map(({ key = '', operator = '', values }) => ({ key, operator, values: values ?? [] }));
}

/** A selector; undefined where there is none. */
export function queryOf(raw: RawSelector | undefined): LabelQuery | undefined {
  return raw && { labels: raw.matchLabels ?? {}, expressions: requirementsOf(raw.matchExpressions) };
}

/** Alternatives of nodes; undefined where any will do. */
export function nodeTermsOf(raw: RawNodeTerms | undefined): readonly NodeTerm[] | undefined {
  return raw?.nodeSelectorTerms?.map(({ matchExpressions, matchFields }) => ({
    expressions: requirementsOf(matchExpressions),
    fields: requirementsOf(matchFields),
  }));
}

/**
 * The longest of an owner's parts, one more than a kind's and a name's own limits: the API server takes any text there, a megabyte long, and they go
 * into plans. What is cut is still none that anything can have.
 */
const LONGEST = { kind: 64, text: 254 };

/** The controller among the owners. */
export function controllerOf({ ownerReferences, namespace = '' }: RawMeta): OwnerRef | undefined {
  const found = ownerReferences?.find(({ controller }) => controller);
  if (!found) return undefined;
  const { apiVersion = '', kind = '', name = '', uid = '' } = found;
  const text = (full: string): string => full.slice(0, LONGEST.text);
  return {
    apiVersion: text(apiVersion),
    kind: kind.slice(0, LONGEST.kind),
    namespace,
    name: text(name),
    uid: text(uid),
  };
}
