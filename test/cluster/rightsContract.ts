import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../support/real/process.ts';
import { type Account, type Grant, grantsOf, makeAccounts, removeAccounts, wordsOf } from './rights.ts';
import type { Target, TestNamespace } from './target.ts';

/** A feature, tried with an account: undefined where it works, else what it says is missing. Other failures throw. */
export type Feature = (account: Account) => Promise<string | undefined>;

/**
 * A role of deploy/rbac against the features it is for, on a real API server: all work with all of it; without any single verb at least
 * one does not, and says which verb is missing and which manifest has it. So the role is enough, and no more than that.
 */
export function holdsRole(target: Target, file: string, features: Readonly<Record<string, Feature>>): void {
  const grants = grantsOf(file);
  let folder: string;
  let namespace: TestNamespace;
  let accounts: readonly Account[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'daytwo-rights-'));
    namespace = await target.namespace('rights');
    const less = grants.map((grant) => grants.filter((other) => other !== grant));
    accounts = await makeAccounts(target, { namespace, folder }, [grants, ...less]);
  });
  afterAll(async () => {
    await removeAccounts(target, namespace);
    await namespace.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const denials = async (index: number): Promise<Readonly<Record<string, string>>> => {
    const account = accounts[index];
    if (!account) throw new Error('no such account');
    const tried = await Promise.all(
      Object.entries(features).map(async ([name, feature]) => [name, await feature(account)] as const),
    );
    return Object.fromEntries(tried.flatMap(([name, said]) => (said === undefined ? [] : [[name, said]])));
  };

  // The authoriser learns of a new role a moment after it was made: until then more is denied than should be.
  it('is enough', async () => {
    await eventually('nothing is denied', async () => Object.keys(await denials(0)).length === 0, 30_000);
  });

  it.each(grants.map((grant, index) => ({ words: wordsOf(grant), grant, index })))(
    'without "$words" a feature says so, and nothing else is denied',
    async ({ grant, index }) => {
      const said = await eventually(
        'only what the verb is for is denied',
        async () => {
          const found = Object.values(await denials(index + 1));
          return found.length > 0 && found.every((text) => names(text, grant) && text.includes(`deploy/rbac/${file}`))
            ? found
            : undefined;
        },
        30_000,
      );
      expect(said.length).toBeGreaterThan(0);
    },
  );
}

/**
 * Errors quote the API server, which tells verb, resource and group; what goes on without the verb says it in the bot's own words.
 * Source: apiserver `pkg/endpoints/handlers/responsewriters/errors.go`.
 */
function names(text: string, grant: Grant): boolean {
  const { apiGroup, resource, verb } = grant;
  return (
    text.includes(`cannot ${verb} resource "${resource}" in API group "${apiGroup}"`) ||
    text.includes(`the bot may not ${wordsOf(grant)};`)
  );
}
