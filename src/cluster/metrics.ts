import { z } from 'zod';
import { DaytwoError } from '../lib/errors.ts';
import type { NodeUse, NodeView, PodUse } from './port.ts';
import { cpuMilli, memoryBytes, sumQuantities, toMilli, toUnits } from './quantity.ts';

/** Source: github.com/kubernetes/metrics `pkg/apis/metrics/v1beta1/types.go`. */
const Usage = z.object({ cpu: z.string(), memory: z.string() });
const NodeMetrics = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }), usage: Usage })) });
const PodMetrics = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), namespace: z.string() }),
      containers: z.array(z.object({ usage: Usage })),
    }),
  ),
});

/** What a node can give to pods, as quantities. */
export interface Allocatable {
  readonly name: NodeView['name'];
  readonly cpu: string;
  readonly memory: string;
}

/** Joins metrics-server's list with the nodes; a node it doesn't know has no figures. @throws DaytwoError bad-answer */
export function nodeUses(metrics: unknown, nodes: readonly Allocatable[]): NodeUse[] {
  const usage = new Map(read(NodeMetrics, metrics).items.map((item) => [item.metadata.name, item.usage]));
  return nodes.map(({ name, cpu, memory }) => {
    const used = usage.get(name);
    return {
      name,
      cpuMilli: used ? cpuMilli(used.cpu) : undefined,
      memoryBytes: used ? memoryBytes(used.memory) : undefined,
      cpuAllocatableMilli: cpuMilli(cpu),
      memoryAllocatableBytes: memoryBytes(memory),
    };
  });
}

/** metrics-server's list of pods, each summed exactly before it is rounded. @throws DaytwoError bad-answer */
export function podUses(metrics: unknown): PodUse[] {
  return read(PodMetrics, metrics).items.map(({ metadata, containers }) => ({
    namespace: metadata.namespace,
    name: metadata.name,
    cpuMilli: toMilli(sumQuantities(containers.map(({ usage }) => usage.cpu))),
    memoryBytes: toUnits(sumQuantities(containers.map(({ usage }) => usage.memory))),
  }));
}

function read<T>(shape: z.ZodType<T>, value: unknown): T {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new DaytwoError(
    'bad-answer',
    `metrics-server answered in an unknown shape: ${parsed.error.issues[0]?.path.join('.') ?? ''}.`,
  );
}
