import { DaytwoError } from '../lib/errors.ts';

/** How a cluster without a context's name is called. */
export const UNNAMED = 'this cluster';

/** Source: kubernetes.io/docs/concepts/overview/working-with-objects/names, RFC 1123 label and subdomain names. */
const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const SUBDOMAIN_MAX = 253;
const KIND = /^[A-Z][A-Za-z0-9]{0,62}$/;

/** Whether it is a namespace's name. */
export function isNamespace(text: string): boolean {
  return LABEL.test(text);
}

/** A namespace's name, checked before it goes into a path. @throws DaytwoError invalid */
export function namespaceName(text: string): string {
  if (isNamespace(text)) return text;
  throw new DaytwoError('invalid', `${JSON.stringify(text.slice(0, 80))} is no name of a namespace.`);
}

/** Whether it is a name of a node, a pod or most other objects. */
export function isObjectName(text: string): boolean {
  return text.length <= SUBDOMAIN_MAX && SUBDOMAIN.test(text);
}

/** A node's or pod's name, checked before it goes into a selector. @throws DaytwoError invalid */
export function objectName(text: string): string {
  if (isObjectName(text)) return text;
  throw new DaytwoError('invalid', `${JSON.stringify(text.slice(0, 80))} is no name of a Kubernetes object.`);
}

/** `Kind/name` taken apart and checked. @throws DaytwoError invalid */
export function kindAndName(text: string): { readonly kind: string; readonly name: string } {
  const [kind = '', name = '', ...rest] = text.split('/');
  if (rest.length === 0 && KIND.test(kind)) return { kind, name: objectName(name) };
  throw new DaytwoError('invalid', `${JSON.stringify(text.slice(0, 80))} is not Kind/name.`);
}
