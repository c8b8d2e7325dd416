import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupOf, TreePrint } from '../../../src/actions/restic/compare.ts';
import type { Entry } from '../../../src/actions/restic/parse.ts';

const entry = fc.record<Entry>({
  type: fc.constantFrom('file', 'dir', 'symlink'),
  path: fc.string({ minLength: 1 }).map((name) => `/${name}`),
  sizeBytes: fc.nat(),
  mtime: fc.nat(),
});
const tree = fc.uniqueArray(entry, { selector: ({ path }) => path.replace(/\ufffd+/g, '\ufffd'), maxLength: 50 });
const print = (entries: readonly Entry[]): TreePrint => {
  const made = new TreePrint();
  for (const one of entries) made.add(one);
  return made;
};

describe('TreePrint', () => {
  it('is the same for the same entries in whichever order', () => {
    fc.assert(
      fc.property(tree, (entries) => {
        expect(print(entries).differing(print(entries.toReversed())).size).toBe(0);
      }),
    );
  });

  it('differs in the very group of an entry that is missing, or another', () => {
    fc.assert(
      fc.property(tree, entry, fc.nat(), (entries, fresh, at) => {
        fc.pre(entries.length > 0);
        const gone = entries[at % entries.length] ?? fresh;
        const without = entries.filter((one) => one !== gone);
        expect([...print(entries).differing(print(without))]).toEqual([groupOf(gone)]);
        const file: Entry = { ...gone, type: 'file' };
        const [before, after] = [
          print([...without, file]),
          print([...without, { ...file, sizeBytes: file.sizeBytes + 1 }]),
        ];
        expect([...before.differing(after)]).toEqual([groupOf(gone)]);
      }),
    );
  });

  it('counts, leaves out what can’t be restored, and takes broken names however they were decoded', () => {
    const of = (path: string, type: Entry['type'] = 'file'): Entry => ({ type, path, sizeBytes: 5, mtime: 1 });
    const made = print([of('/a'), of('/b', 'dir'), of('/c', 'symlink'), of('/d', 'other')]);
    expect(made).toMatchObject({ files: 1, folders: 1, links: 1, bytes: 5 });
    expect(print([of('/x\ufffd\ufffd')]).differing(print([of('/x\ufffd')])).size).toBe(0);
  });
});
