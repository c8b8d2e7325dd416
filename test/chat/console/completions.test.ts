import { describe, expect, it } from 'vitest';
import type { CommandView } from '../../../src/chat/console/views.ts';

// A file of the page: JavaScript, which has types of its own.
const file: string = new URL('../../../src/chat/console/web/completions.js', import.meta.url).href;
const {
  completions,
  takesNode,
}: {
  completions(
    text: string,
    commands: readonly CommandView[],
    nodes: readonly string[],
  ): readonly { readonly line: string }[];
  takesNode(text: string, commands: readonly CommandView[]): boolean;
} = await import(file);

const command = (name: string, usage: string) => ({ name, usage, summary: '', example: usage });
const COMMANDS = [
  command('drain', '/drain [NODE]'),
  command('disk', '/disk [NODE] [images | journal [SIZE] | pods]'),
  command('delegate', '/delegate PERSON [DURATION] REASON'),
  command('triage', '/triage [INC-n]'),
];
const NODES = ['node-0', 'worker-1', 'worker-2', 'worker-10', 'my-worker'];
const lines = (text: string, nodes = NODES): readonly string[] =>
  completions(text, COMMANDS, nodes).map(({ line }) => line);

describe('completions of the command line', () => {
  it.each<[string, readonly string[]]>([
    ['', []],
    ['/d', ['/drain ', '/disk ', '/delegate ']],
    ['DR', ['/drain ']],
    ['/drain', []],
    ['/drain ', NODES.map((name) => `/drain ${name}`)],
    ['drain w', ['/drain worker-1', '/drain worker-2', '/drain worker-10', '/drain my-worker']],
    ['/DRAIN  Worker-1', ['/drain worker-10']],
    ['/drain 0', ['/drain node-0', '/drain worker-10']],
    ['/disk node-0', []],
    ['/disk node-0 i', []],
    ['/delegate w', []],
    ['/triage w', []],
    ['/nothing w', []],
  ])('“%s”', (text, expected) => {
    expect(lines(text)).toEqual(expected);
  });

  it('are twelve names at most', () => {
    const many = Array.from({ length: 1000 }, (_, n) => `n-${n}`);
    expect(lines('/drain n', many)).toHaveLength(12);
  });

  it('ask for names only where a command takes one', () => {
    expect(['/drain', '/drain ', '/disk x', '/triage ', '/delegate '].map((text) => takesNode(text, COMMANDS))).toEqual(
      [...[false, true, true, false, false]],
    );
  });
});
