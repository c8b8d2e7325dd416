import type { z } from 'zod';
import type { Offer } from '../triage/runbook.ts';
import type { Outcome, Plan } from './model.ts';

/** Why there is no plan at all, in a sentence for the person who asked. */
export interface Refusal {
  readonly refused: string;
}

/** A line of a running action for its card: "1,204 of 8,930 files, 12 %". `share` is 0 to 1. */
export interface Progress {
  readonly text: string;
  readonly share?: number;
}

/**
 * What the journal holds of one step: the intent is durable before the effect begins, the result after it ended. A step with neither
 * result nor failure was cut off: its effect may have happened, wholly, partly or not at all. Times are epoch ms.
 */
export interface JournaledStep {
  readonly step: string;
  readonly intentAt: number;
  readonly result?: { readonly at: number; readonly value: unknown };
  /** The effect threw; `code` is that of a DaytwoError. The step may be tried again. */
  readonly failure?: { readonly at: number; readonly code: string; readonly text: string };
}

/** What an action may use while it executes. */
export interface Run {
  /** Unique for this execution; safe in tags and file names. */
  readonly executionId: string;
  /**
   * Journals the intent, checks that the fence still holds and nobody cancelled, does the effect once, journals its JSON result, and
   * returns it. A step whose result is journaled already isn't done again: its result is returned.
   * @throws DaytwoError cancelled (somebody asked to stop) | failed (the fence is lost) | store-unavailable
   */
  step<T>(id: string, effect: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Shows progress; never waits, never fails. */
  progress(progress: Progress): void;
}

/** What looking at reality after a crash or a cancel tells of an execution; `next` is offered where it ends there. */
export type Observed =
  /** It surely did not happen, or stopped without harm: it failed. */
  | { readonly is: 'not-done'; readonly text: string; readonly next?: readonly Offer[] }
  /** It happened: verification follows. */
  | { readonly is: 'done'; readonly text: string }
  /** It is still going on out there (a systemd unit runs): look again later. */
  | { readonly is: 'going-on'; readonly text: string }
  /** It can go on from the journal without doing anything twice. */
  | { readonly is: 'resumable'; readonly text: string; readonly next?: readonly Offer[] }
  /** Nobody can tell: a person must look. */
  | { readonly is: 'unknown'; readonly text: string };

/** How verification judged: each check with what was expected and what is. */
export interface Verdict {
  readonly is: 'succeeded' | 'degraded' | 'failed';
  readonly outcome: Outcome;
}

/**
 * Something that can be done to the world: the only thing that writes. `plan` reads and decides, `execute` does it step by step,
 * `observe` tells after a crash what became of it, `verify` says what must be true now. W is what it needs of the world.
 */
export interface Action<A, W> {
  /** A dotted noun and verb: `backup.run`. */
  readonly id: string;
  readonly args: z.ZodType<A>;
  readonly plan: (args: A, world: W, signal: AbortSignal) => Promise<Plan | Refusal>;
  readonly execute: (plan: Plan, run: Run, world: W, signal: AbortSignal) => Promise<void>;
  readonly observe: (plan: Plan, journal: readonly JournaledStep[], world: W, signal: AbortSignal) => Promise<Observed>;
  readonly verify: (plan: Plan, journal: readonly JournaledStep[], world: W, signal: AbortSignal) => Promise<Verdict>;
}
