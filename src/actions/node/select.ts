import type {
  BudgetState,
  LabelQuery,
  NodeState,
  NodeTerm,
  PodState,
  PodTerm,
  Requirement,
  Taint,
  Toleration,
} from '../../cluster/acting.ts';

type Labels = Readonly<Record<string, string>>;

const labelOf = (labels: Labels, key: string): string | undefined =>
  Object.hasOwn(labels, key) ? labels[key] : undefined;

/** Whether a requirement holds. An operator that isn't known never does. Source: k8s.io/apimachinery `pkg/labels/selector.go`. */
function holds({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = labelOf(labels, key);
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}

function hasAll(wanted: Labels, labels: Labels): boolean {
  for (const key of Object.keys(wanted)) if (labelOf(labels, key) !== wanted[key]) return false;
  return true;
}

/** Whether a selector matches; none matches nothing, an empty one everything. Pure. */
export function matches(query: LabelQuery | undefined, labels: Labels): boolean {
  return query !== undefined && hasAll(query.labels, labels) && query.expressions.every((one) => holds(one, labels));
}

/** The budgets of a pod. Pure. */
export function budgetsOf(pod: PodState, budgets: readonly BudgetState[]): readonly BudgetState[] {
  return budgets.filter(({ namespace, query }) => namespace === pod.namespace && matches(query, pod.labels));
}

/** Whether a pod is among those that a term means. Pure. */
export function meantBy({ namespaces, query }: PodTerm, pod: PodState): boolean {
  return (namespaces === undefined || namespaces.includes(pod.namespace)) && matches(query, pod.labels);
}

/** Whether a node is among alternatives; an empty alternative, and no alternative at all, match none. Pure. */
export function nodeIsIn(terms: readonly NodeTerm[] | undefined, { name, labels }: NodeState): boolean {
  if (terms === undefined) return true;
  return terms.some(
    ({ expressions, fields }) =>
      expressions.length + fields.length > 0 &&
      expressions.every((one) => holds(one, labels)) &&
      fields.every((one) => holds(one, { 'metadata.name': name })),
  );
}

/** Whether a pod selects a node by its labels and affinity. Pure. */
export function selects({ nodeSelector, nodeTerms }: PodState, node: NodeState): boolean {
  return hasAll(nodeSelector, node.labels) && nodeIsIn(nodeTerms, node);
}

/** Whether a taint is tolerated. Operators that aren't known here tolerate nothing. Pure. */
export function tolerated(tolerations: readonly Toleration[], taint: Taint): boolean {
  return tolerations.some(
    ({ key, operator, value, effect }) =>
      (effect === '' || effect === taint.effect) &&
      (key === '' ? operator === 'Exists' : key === taint.key) &&
      (operator === 'Exists' || (operator === 'Equal' && value === taint.value)),
  );
}

/** Taints that keep a pod away. Pure. */
export function repelling({ tolerations }: PodState, { taints }: NodeState): readonly Taint[] {
  return taints.filter(
    (taint) => (taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') && !tolerated(tolerations, taint),
  );
}
