import { writeSync } from 'node:fs';
import { ENDS } from '../../src/gate/model.ts';
import { DaytwoError } from '../../src/lib/errors.ts';
import { ana, ben, openHouse, press, SHORT, says, until } from './house.ts';

/**
 * A process that carries one request out and kills itself, as SIGKILL from outside would, before or after its n-th write of the gate's
 * requests, journal and locks: `node killChild.ts DIR STORY before|after N`. N 0 kills nothing. Writes count from where the story begins
 * to differ. Prints the last state it saw.
 */
/** Exit code: the request waits for people. */
const WAITS = 3;
const KINDS = ['gatejournal', 'gaterequest', 'gatelock'];
const [, , dir = '', story = 'way', when = '', at = '0'] = process.argv;
const house = await openHouse({ dir });
const kill = (): void => {
  process.kill(process.pid, 'SIGKILL');
};
let counting = story === 'way' || story === 'takeover' || story === 'settle';
let writes = 0;
const counts = (kinds: readonly string[]): boolean => counting && kinds.some((kind) => KINDS.includes(kind));
house.store.before = async (kinds) => {
  if (!counts(kinds)) return;
  writes += 1;
  if (when === 'before' && writes === Number(at)) kill();
};
house.store.after = async (kinds) => {
  if (counts(kinds) && when === 'after' && writes === Number(at)) kill();
};
if (story === 'left') house.world.after = async () => kill();
if (story === 'cancel')
  house.world.after = async (step) => {
    if (step !== 'write-0') return;
    counting = true;
    await press(house, 'cancel', ana);
  };
if (story === 'unknown') {
  house.world.observe = async () => ({ is: 'unknown', text: 'Nobody can tell.' });
  house.world.before = async (step) => {
    if (step !== 'write-1') return;
    counting = true;
    throw new DaytwoError('timeout', 'no answer');
  };
}
// Heartbeats would come in between by chance.
if (story !== 'settle') house.executor({ limits: { ...SHORT, beatMs: 3_600_000 } });
else await house.service.settle('REQ-1', says(ben), 'not-done', 'I looked at the file.');
const left = await house.request().catch(() => undefined);
if (!left) await house.approved();
// Killed before it was approved, it waits for people that this process has none of.
else if (left.state === 'confirming' || left.state === 'approving') process.exit(WAITS);
await until('an end', async () => ENDS.has((await house.request()).state), 20_000);
writeSync(1, `${(await house.request()).state}\n`);
await house.store.close();
process.exit(0);
