/** The schema that this version writes. Raise it with a step in `MIGRATIONS` when stored documents change their shape. */
export const SCHEMA = 1;

/** Brings a document's body from one schema to the next; undefined drops the document. */
export type Migration = (kind: string, id: string, body: unknown) => unknown;
