/** Milliseconds of processor time that a task of this process takes: other work on the machine hardly changes it. */
export function cpuMs(task: () => void): number {
  const before = process.cpuUsage();
  task();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
