import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GateRequest } from '../../src/gate/model.ts';
import { PLAN, POLICY, T, TTL } from '../gate/requests.ts';
import type { ResticLab } from '../support/real/restic.ts';
import type { Left } from './actionState.ts';
import { actionFaults } from './actionVerify.ts';

const DIGEST = 'd'.repeat(64);
const EXECUTION = 'req-1-abcdef';
const request = (change: Partial<GateRequest> = {}): GateRequest => ({
  ...{ name: 'REQ-1', state: 'succeeded', plan: { ...PLAN, action: 'backup.run', target: 'data' }, digest: DIGEST },
  ...{ policy: POLICY, requester: 'ana', requestedAt: T, approveBy: T + TTL },
  votes: [{ by: 'ben', choice: 'approve', at: T, digest: DIGEST, chat: 'console' }],
  execution: { id: EXECUTION, startedAt: T },
  ...change,
});
const restore = (change: Partial<GateRequest> = {}): GateRequest =>
  request({ plan: { ...PLAN, action: 'restore.run', target: 'data' }, ...change });

describe('the verdict over tortured backups', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'daytwo-verdict-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  /** `made`: the tags of the snapshots there are. */
  const verdict = async (
    one: GateRequest,
    {
      made = [EXECUTION],
      starts = 1,
      holders = [] as string[],
    }: { made?: string[]; starts?: number; holders?: string[] },
  ): Promise<string> => {
    await writeFile(join(dir, 'starts'), `restic backup --json --tag ${EXECUTION} -- /x\n`.repeat(starts));
    const snapshots = JSON.stringify(made.map((tag) => ({ tags: [tag] })));
    const lab = { source: dir, restic: async () => snapshots } as unknown as ResticLab;
    const left: Left = { requests: [one], steps: [], holders: new Set(holders), faults: [] };
    return (await actionFaults(left, new Map([['data', lab]]), join(dir, 'starts'))).join('; ');
  };

  it.each<[string, GateRequest, Parameters<typeof verdict>[1], RegExp]>([
    ['a good end', request(), {}, /^$/],
    ['a cut off end', request({ state: 'failed' }), { made: [] }, /^$/],
    ['an unknown end that keeps its lock', request({ state: 'unknown' }), { holders: [EXECUTION] }, /^$/],
    ['one that never began', request({ state: 'failed' }), { made: [], starts: 0 }, /^$/],
    ['two snapshots', request(), { made: [EXECUTION, EXECUTION] }, /2 snapshots of one execution/],
    ['two starts', request(), { starts: 2 }, /restic was started 2 times/],
    ['a success without a snapshot', request(), { made: [] }, /succeeded without a snapshot/],
    ['a failure whose snapshot is there', request({ state: 'failed' }), {}, /is failed .*, and its snapshot is there/],
    ['nobody’s snapshot', request(), { made: [EXECUTION, 'req-9-x'] }, /req-9-x, which no request stands behind/],
    ['no approval', request({ votes: [] }), {}, /executed without an approval/],
    [
      'an approval of another plan',
      request({ digest: 'e'.repeat(64) }),
      {},
      /executed without an approval of its plan/,
    ],
    ['one that never ends', request({ state: 'running' }), {}, /REQ-1 is still running/],
    ['a lock that stays', request(), { holders: [EXECUTION] }, /holds a lock at the end/],
    ['a restore without its folder', restore(), { made: [] }, /its folder isn't there/],
    ['a restore that was cut off', restore({ state: 'failed' }), { made: [] }, /^$/],
  ])('on %s', async (_, one, what, expected) => {
    expect(await verdict(one, what)).toMatch(expected);
  });
});
