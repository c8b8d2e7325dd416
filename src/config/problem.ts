import { relative } from 'node:path';
import { DaytwoError } from '../lib/errors.ts';
import { clip, inertLine } from '../lib/text.ts';

/** One thing that is wrong in the configuration. Texts never hold a value that could be a secret. */
export interface Problem {
  /** Absolute; empty where no file is to blame. */
  readonly file: string;
  /** From 1; 0 where it isn't about a place in the file. */
  readonly line: number;
  /** From 1, in UTF-16 units; 0 as above. */
  readonly column: number;
  /** `policies[0].actions`; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong and what was expected. */
  readonly message: string;
  /** What was probably meant, for a misspelt word. */
  readonly suggestion?: string;
}

/** Something the operator should know about a configuration that is taken. */
export interface Notice {
  readonly path: string;
  readonly message: string;
}

/** The configuration can't be taken. Holds every problem that was found, in the file's order. */
export class ConfigError extends DaytwoError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const [first] = problems;
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
    super('invalid', `the configuration is wrong: ${first ? sentence(first) : 'for no known reason'}${more}`);
    this.problems = problems;
  }
}

/** `policies[0].actions`. Keys that aren't plain words are quoted. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else {
      const key = String(step);
      const shown = /^[A-Za-z_][\w-]*$/.test(key) ? key : JSON.stringify(clip(inertLine(key), 60));
      text += text === '' ? shown : `.${shown}`;
    }
  }
  return text;
}

function sentence(problem: Problem): string {
  const head = problem.path === '' ? problem.message : `${problem.path}: ${problem.message}`;
  return problem.suggestion === undefined ? head : `${head}; did you mean ${problem.suggestion}?`;
}

/** One line a problem, `file:line:column  path: message; did you mean …?`; paths relative to `cwd` where that is shorter. */
export function renderConfigError(error: ConfigError, cwd = process.cwd()): string {
  const lines = error.problems.map((problem) => {
    const near = relative(cwd, problem.file);
    const file = near !== '' && near.length < problem.file.length ? near : problem.file;
    const place = problem.line > 0 ? `${file}:${problem.line}:${problem.column}` : file;
    return inertLine(place === '' ? sentence(problem) : `${place}: ${sentence(problem)}`);
  });
  const count = error.problems.length;
  return [...lines, `${count} ${count === 1 ? 'problem' : 'problems'} in the configuration`].join('\n');
}
