import type { Column, Picture } from '../chat/message.ts';

/** How bad what was found is: `unknown` means that it could not be looked at. */
export type EvidenceStatus = 'ok' | 'warn' | 'bad' | 'unknown';

/** A part of what a probe found. Text is verbatim output; it is made inert and redacted by the collector. */
export type FindingPart =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'table';
      readonly columns: readonly Column[];
      readonly rows: readonly (readonly string[])[];
      readonly more?: string;
    }
  | {
      readonly kind: 'picture';
      readonly light: Uint8Array;
      readonly dark: Uint8Array;
      readonly alt: string;
      readonly width: number;
      readonly height: number;
    };

/** What a probe answers: a state, one line that says what matters, and the proof. */
export interface Finding {
  readonly status: EvidenceStatus;
  /** One line for the person at night: "/var 96 % used, 1.2 GiB free; full in about 3 h". */
  readonly summary: string;
  readonly parts: readonly FindingPart[];
}

/** The same, stored: pictures are blobs by now. */
export type EvidencePart =
  | Exclude<FindingPart, { kind: 'picture' }>
  | { readonly kind: 'picture'; readonly picture: Picture };

/** What one probe found, when and how fast. A probe that failed is evidence too. */
export interface Evidence {
  /** The probe's id within its run. */
  readonly probe: string;
  readonly title: string;
  readonly status: EvidenceStatus;
  readonly summary: string;
  /** True where nothing was looked at because the part isn't set up: no fault, and no evidence either. */
  readonly notSetUp?: boolean;
  readonly parts: readonly EvidencePart[];
  /** Where it comes from: "df on worker-1", "Prometheus". */
  readonly source: string;
  readonly tookMs: number;
  /** When it was found, epoch ms. */
  readonly at: number;
}
