import { writeSync } from 'node:fs';
import { ENDS } from '../../src/gate/model.ts';
import { openHouse, until } from './house.ts';

/**
 * A process that carries one request out and kills itself, as SIGKILL from outside would, before or after its n-th write of the gate:
 * `node killChild.ts DIR before|after N`. N 0 kills nothing. Prints the last state it saw.
 */
/** Exit code: the request waits for people. */
const WAITS = 3;
const [, , dir = '', when = '', at = '0'] = process.argv;
const house = await openHouse({ dir });
let writes = 0;
const kill = (): void => {
  process.kill(process.pid, 'SIGKILL');
};
const counts = (kinds: readonly string[]): boolean => kinds.includes('gatejournal') || kinds.includes('gaterequest');
house.store.before = async (kinds) => {
  if (!counts(kinds)) return;
  writes += 1;
  if (when === 'before' && writes === Number(at)) kill();
};
house.store.after = async (kinds) => {
  if (counts(kinds) && when === 'after' && writes === Number(at)) kill();
};
house.executor();
const left = await house.request().catch(() => undefined);
if (!left) await house.approved();
// Killed before it was approved, it waits for people that this process has none of.
else if (left.state === 'confirming' || left.state === 'approving') process.exit(WAITS);
await until('an end', async () => ENDS.has((await house.request()).state), 20_000);
writeSync(1, `${(await house.request()).state}\n`);
await house.store.close();
process.exit(0);
