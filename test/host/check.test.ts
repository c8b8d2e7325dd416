import { describe, expect, it } from 'vitest';
import { checkHost } from '../../src/host/check.ts';
import type { HostCommand, Hosts } from '../../src/host/port.ts';
import { DaytwoError, type ErrorCode } from '../../src/lib/errors.ts';

/** Hosts that answer every command, but for those that fail. */
function hosts(failing: Partial<Record<HostCommand['tool'], ErrorCode>>): Hosts & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    names: () => ['node-0'],
    run: async (_, { tool }) => {
      asked.push(tool);
      const code = failing[tool];
      if (code) throw new DaytwoError(code, `${tool} fails`);
      return { stdout: ` ${tool} 3 days\u001b[0m\n`, stderr: '', exitCode: 0, truncated: false, tookMs: 1 };
    },
    close: async () => undefined,
  };
}

const never = new AbortController().signal;

describe('checkHost', () => {
  it('tells the uptime where all is well', async () => {
    expect(await checkHost(hosts({}), 'node-0', never)).toEqual({
      reachable: true,
      uptime: 'uptime 3 days',
      problems: [],
    });
  });

  it('asks nothing more of a host that does not answer', async () => {
    const away = hosts({ uptime: 'unreachable' });
    expect(await checkHost(away, 'node-0', never)).toEqual({
      reachable: false,
      code: 'unreachable',
      message: 'uptime fails',
    });
    expect(away.asked).toEqual(['uptime']);
  });

  it('names what is missing, uptime itself as well', async () => {
    expect(await checkHost(hosts({ uptime: 'not-found', journal: 'forbidden' }), 'node-0', never)).toEqual({
      reachable: true,
      uptime: undefined,
      problems: [
        { tool: 'uptime', code: 'not-found', message: 'uptime fails' },
        { tool: 'journal', code: 'forbidden', message: 'journal fails' },
      ],
    });
  });

  it.each<HostCommand['tool']>(['uptime', 'df'])('passes on that it was cancelled at %s', async (tool) => {
    await expect(checkHost(hosts({ [tool]: 'cancelled' }), 'node-0', never)).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});
