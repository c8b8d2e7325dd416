/** @import { CommandView } from '../views.ts' */

/** Names that are shown at once. */
const MOST_NAMES = 12;

/**
 * @typedef {object} Completion
 * @property {string} line what the command line says once it is taken
 * @property {string} code
 * @property {string} words
 */

/** The command whose arguments are being typed. @param {string} text @param {readonly CommandView[]} commands */
export function commandOf(text, commands) {
  const name = /^\/?([\w-]+)/.exec(text)?.[1]?.toLowerCase();
  return commands.find((command) => command.name === name);
}

/** Whether a node's name comes first after the command. @param {string} text @param {readonly CommandView[]} commands */
export function takesNode(text, commands) {
  return /^\S+\s/.test(text) && /^\/\S+ \[?NODE\b/.test(commandOf(text, commands)?.usage ?? '');
}

/**
 * What may come of what is typed: commands whose name begins so, or nodes where the command takes one, those that begin so first; none
 * once it is complete.
 * @param {string} text @param {readonly CommandView[]} commands @param {readonly string[]} nodes @returns {readonly Completion[]}
 */
export function completions(text, commands, nodes) {
  if (text === '') return [];
  const typed = /^\/?([\w-]*)$/.exec(text)?.[1]?.toLowerCase();
  if (typed !== undefined)
    return commands
      .filter(({ name }) => name.startsWith(typed) && name !== typed)
      .map(({ name, usage, summary }) => ({ line: `/${name} `, code: usage, words: summary }));
  const begun = /^\/?[\w-]+\s+(\S*)$/.exec(text)?.[1]?.toLowerCase();
  if (begun === undefined || !takesNode(text, commands)) return [];
  const found = nodes.filter((name) => name.includes(begun) && name !== begun);
  const rank = (/** @type {string} */ name) => (name.startsWith(begun) ? 0 : 1);
  return found
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, MOST_NAMES)
    .map((name) => ({ line: `/${commandOf(text, commands)?.name} ${name}`, code: name, words: '' }));
}
