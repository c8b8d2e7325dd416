import { codeOf, DaytwoError, messageOf } from '../lib/errors.ts';
import { clip, inert, inertLine } from '../lib/text.ts';
import type { Evidence, EvidencePart, EvidenceStatus, Finding, FindingPart } from './evidence.ts';
import type { Probe, World } from './probe.ts';

/** Bounds of one piece of evidence: what a person reads at night, and what a chat takes. Code points, rows. */
const SUMMARY_LETTERS = 300;
const TEXT_LETTERS = 12_000;
const CELL_LETTERS = 200;
const TABLE_ROWS = 60;
/** Equal looks within this time are one: a hundred incidents ask metrics-server once. */
const SHARE_MS = 15_000;

/** What the collector needs besides the world. */
export interface CollectorOptions {
  readonly world: World;
  /** Takes secrets out of text. */
  readonly redact: (text: string) => string;
  readonly putBlob: (bytes: Uint8Array) => Promise<string>;
  readonly looked: (probe: string, status: EvidenceStatus, tookMs: number) => void;
}

/** Runs probes. */
export interface Collector {
  /**
   * Runs all probes at once, each within its deadline. `came` is called with each piece as it comes and its place in the list.
   * Never throws: what fails is evidence of status `unknown` with the reason.
   */
  collect(
    probes: readonly Probe[],
    signal: AbortSignal,
    came: (at: number, evidence: Evidence) => void,
  ): Promise<readonly Evidence[]>;
}

/** Builds a collector. */
export function createCollector(options: CollectorOptions): Collector {
  const { world, redact } = options;
  const shared = new Map<string, { readonly at: number; readonly evidence: Promise<Evidence> }>();
  const clean = (text: string, letters: number): string => clip(redact(inert(text)), letters);
  const cleanLine = (text: string, letters: number): string => clip(inertLine(redact(inert(text))), letters);

  async function part(from: FindingPart): Promise<EvidencePart> {
    switch (from.kind) {
      case 'text':
        return { kind: 'text', text: clean(from.text, TEXT_LETTERS) };
      case 'table': {
        const rows = from.rows.slice(0, TABLE_ROWS).map((row) => row.map((cell) => cleanLine(cell, CELL_LETTERS)));
        const left = from.rows.length - rows.length;
        const more = from.more ?? (left > 0 ? `${left} more rows` : undefined);
        return { kind: 'table', columns: from.columns, rows, ...(more === undefined ? {} : { more }) };
      }
      case 'picture': {
        const [light, dark] = await Promise.all([options.putBlob(from.light), options.putBlob(from.dark)]);
        const { alt, width, height } = from;
        return { kind: 'picture', picture: { light, dark, alt: cleanLine(alt, SUMMARY_LETTERS), width, height } };
      }
    }
  }

  async function evidenceOf(probe: Probe, finding: Finding, tookMs: number): Promise<Evidence> {
    return {
      probe: probe.id,
      title: cleanLine(probe.title, CELL_LETTERS),
      status: finding.status,
      summary: cleanLine(finding.summary, SUMMARY_LETTERS),
      parts: await Promise.all(finding.parts.map(part)),
      source: cleanLine(probe.source, CELL_LETTERS),
      tookMs,
      at: world.clock.now(),
    };
  }

  /** One look, cut at its deadline even where the probe doesn't listen to its signal. */
  async function look(probe: Probe, outer: AbortSignal): Promise<Evidence> {
    const began = performance.now();
    const took = (): number => Math.round(performance.now() - began);
    const late = new DaytwoError('timeout', `no answer within ${probe.deadlineMs / 1000} s`);
    const own = new AbortController();
    const timer = setTimeout(() => own.abort(late), probe.deadlineMs);
    const signal = AbortSignal.any([outer, own.signal]);
    const cut = new Promise<never>((_, reject) => {
      const stop = (): void =>
        reject(own.signal.aborted ? late : new DaytwoError('cancelled', 'stopped before it could look'));
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
    });
    try {
      const finding = await Promise.race([probe.look(world, signal), cut]);
      return await evidenceOf(probe, finding, took());
    } catch (error) {
      const reason = own.signal.aborted ? late.message : messageOf(error);
      const evidence = await evidenceOf(probe, { status: 'unknown', summary: reason, parts: [] }, took());
      return !own.signal.aborted && codeOf(error) === 'not-configured' ? { ...evidence, notSetUp: true } : evidence;
    } finally {
      clearTimeout(timer);
    }
  }

  function lookOnce(probe: Probe, signal: AbortSignal): Promise<Evidence> {
    const now = world.clock.now();
    for (const [id, { at }] of shared) if (now - at >= SHARE_MS) shared.delete(id);
    const known = shared.get(probe.id);
    if (known) return known.evidence;
    const evidence = look(probe, signal).then((found) => {
      options.looked(probe.id.split(':')[0] ?? probe.id, found.status, found.tookMs);
      // What could not be looked at is tried again by the next who asks.
      if (found.status === 'unknown') shared.delete(probe.id);
      return found;
    });
    shared.set(probe.id, { at: now, evidence });
    return evidence;
  }

  return {
    collect: (probes, signal, came) =>
      Promise.all(
        probes.map(async (probe, at) => {
          const evidence = await lookOnce(probe, signal);
          came(at, evidence);
          return evidence;
        }),
      ),
  };
}

const ORDER: readonly EvidenceStatus[] = ['bad', 'warn', 'unknown', 'ok'];

/** The worst state among pieces of evidence; `ok` of none. */
export function worst(all: readonly Evidence[]): EvidenceStatus {
  return ORDER.find((status) => all.some((one) => one.status === status)) ?? 'ok';
}
