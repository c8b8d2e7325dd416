export { eventViews } from './event.ts';
export { allocatable, nodeView } from './node.ts';
export { podView } from './pod.ts';
export { rolloutViews } from './rollout.ts';
