import type { V1ContainerStatus } from '@kubernetes/client-node/dist/gen/models/V1ContainerStatus.js';
import type { V1Pod } from '@kubernetes/client-node/dist/gen/models/V1Pod.js';
import { epochMs } from './time.ts';

/** kubectl's READY, STATUS and RESTARTS of a pod. */
export interface PodColumns {
  /** `1/2`: ready of all long-running containers. */
  readonly ready: string;
  readonly status: string;
  readonly restarts: number;
}

/** The reason a pod carries once its node is gone. Source: kubernetes `pkg/util/node/node.go`, NodeUnreachablePodReason. */
const NODE_LOST = 'NodeLost';

interface InitOutcome {
  /** Undefined when every init container is done. */
  readonly status: string | undefined;
  readonly restarts: number;
  readonly sidecarRestarts: number;
  readonly sidecarsReady: number;
}

/** What kubectl prints of a pod. Source: kubernetes `pkg/printers/internalversion/printers.go`, printPod (1.36). */
export function podColumns(pod: V1Pod): PodColumns {
  const sidecars = sidecarNames(pod);
  const containers = pod.status?.containerStatuses ?? [];
  const init = initOutcome(pod, sidecars);
  const total = (pod.spec?.containers?.length ?? containers.length) + sidecars.size;
  const started = init.status === undefined || conditionIs(pod, 'Initialized', 'True');
  const running = containers.filter((one) => one.ready && one.state?.running);
  return {
    ready: `${init.sidecarsReady + (started ? running.length : 0)}/${total}`,
    status: finalStatus(pod, started ? mainStatus(pod, init.status, running.length > 0) : (init.status ?? '')),
    restarts: started ? init.sidecarRestarts + sum(containers.map((one) => one.restartCount)) : init.restarts,
  };
}

/** The phase, or the reason that speaks louder: Evicted, NodeLost, SchedulingGated. */
function baseStatus(pod: V1Pod): string {
  const gated = pod.status?.conditions?.some((one) => one.type === 'PodScheduled' && one.reason === 'SchedulingGated');
  return gated ? 'SchedulingGated' : (pod.status?.reason ?? '') || (pod.status?.phase ?? 'Unknown');
}

/** The first container that waits or has ended names the status. */
function mainStatus(pod: V1Pod, initStatus: string | undefined, someRunning: boolean): string {
  const reason = (pod.status?.containerStatuses ?? []).map(containerReason).find((one) => one !== undefined);
  const status = reason ?? initStatus ?? baseStatus(pod);
  if (status !== 'Completed' || !someRunning) return status;
  return conditionIs(pod, 'Ready', 'True') ? 'Running' : 'NotReady';
}

function finalStatus(pod: V1Pod, status: string): string {
  if (epochMs(pod.metadata?.deletionTimestamp) === undefined) return status;
  if (pod.status?.reason === NODE_LOST) return 'Unknown';
  const over = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  return over ? status : 'Terminating';
}

function containerReason({ state }: V1ContainerStatus): string | undefined {
  if (state?.waiting?.reason) return state.waiting.reason;
  if (!state?.terminated) return undefined;
  return state.terminated.reason || exitWords(state.terminated);
}

function exitWords(terminated: { readonly signal?: number; readonly exitCode: number }): string {
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
}

/** Goes through the init containers in order, as the kubelet does, up to the first that is not done. */
function initOutcome(pod: V1Pod, sidecars: ReadonlySet<string>): InitOutcome {
  const statuses = pod.status?.initContainerStatuses ?? [];
  const all = pod.spec?.initContainers?.length ?? statuses.length;
  let restarts = 0;
  let sidecarRestarts = 0;
  let sidecarsReady = 0;
  for (const [index, one] of statuses.entries()) {
    const sidecar = sidecars.has(one.name);
    restarts += one.restartCount;
    if (sidecar) sidecarRestarts += one.restartCount;
    if (one.state?.terminated?.exitCode === 0) continue;
    if (sidecar && one.started) {
      if (one.ready) sidecarsReady += 1;
      continue;
    }
    return { status: initStatus(one, index, all), restarts, sidecarRestarts, sidecarsReady };
  }
  return { status: undefined, restarts, sidecarRestarts, sidecarsReady };
}

function initStatus({ state }: V1ContainerStatus, index: number, all: number): string {
  if (state?.terminated) return `Init:${state.terminated.reason || exitWords(state.terminated)}`;
  const waiting = state?.waiting?.reason;
  return waiting && waiting !== 'PodInitializing' ? `Init:${waiting}` : `Init:${index}/${all}`;
}

/** Init containers that keep running beside the others. Source: KEP-753. */
function sidecarNames(pod: V1Pod): ReadonlySet<string> {
  const sidecars = (pod.spec?.initContainers ?? []).filter((one) => one.restartPolicy === 'Always');
  return new Set(sidecars.map(({ name }) => name));
}

function conditionIs(pod: V1Pod, type: string, status: string): boolean {
  return pod.status?.conditions?.some((one) => one.type === type && one.status === status) ?? false;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
