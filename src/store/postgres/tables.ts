import { createHash } from 'node:crypto';
import { CONFLICT, NEWER_SCHEMA } from './faults.ts';

/** A schema's name that needs no quoting. */
export const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,39}$/;

/** The class of our advisory locks: "day2" in ASCII. */
export const LOCK_CLASS = 0x64617932;

/** The advisory lock of a schema: commits share it, a migration has it alone. */
export function lockOf(schema: string): number {
  return createHash('sha256').update(schema).digest().readInt32BE();
}

/**
 * The steps of the tables, each in SQL for a schema's name; a data base that has made n of them goes on with the next. Never change
 * one that was released: add another. All text is compared byte by byte (COLLATE "C"); see text.ts.
 */
export const TABLE_STEPS: readonly ((schema: string) => string)[] = [
  (s) => `
    CREATE TABLE ${s}.documents (
      kind text COLLATE "C" NOT NULL,
      id text COLLATE "C" NOT NULL,
      version integer NOT NULL,
      -- json, not jsonb: it keeps the text as it is, and takes \\u0000 and lone surrogates.
      body json NOT NULL,
      PRIMARY KEY (kind, id)
    );
    CREATE TABLE ${s}.keys (
      kind text COLLATE "C" NOT NULL,
      name text COLLATE "C" NOT NULL,
      value text COLLATE "C" NOT NULL,
      id text COLLATE "C" NOT NULL,
      PRIMARY KEY (kind, name, value, id),
      FOREIGN KEY (kind, id) REFERENCES ${s}.documents (kind, id) ON DELETE CASCADE
    );
    CREATE INDEX keys_of_document ON ${s}.keys (kind, id);
    -- Whoever appends holds the row until the end of the transaction, so ids become visible in their order.
    CREATE TABLE ${s}.counters (kind text COLLATE "C" PRIMARY KEY, seq bigint NOT NULL);
    -- One row a commit: a commit whose answer was lost is asked for again and is done once.
    CREATE TABLE ${s}.commits (token uuid PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), ids text[]);
    CREATE INDEX commits_at ON ${s}.commits (at);
    CREATE TABLE ${s}.blobs (id text COLLATE "C" PRIMARY KEY, at bigint NOT NULL, bytes bytea NOT NULL);
  `,
  commitFunction,
  // The audit: the lines as they would stand in a file, and beside them the last one. Whoever appends holds the head's row.
  (s) => `
    CREATE TABLE ${s}.audit (seq bigint PRIMARY KEY, line bytea NOT NULL);
    CREATE TABLE ${s}.audit_head (
      one boolean PRIMARY KEY DEFAULT true CHECK (one), seq bigint NOT NULL, hash text NOT NULL
    );
    INSERT INTO ${s}.audit_head (seq, hash) VALUES (0, repeat('0', 64));
  `,
];

/**
 * The commit, in one round trip. Writes come sorted (appends by kind, then the others by kind and id), so that two commits take their
 * rows in the same order. `p_expect` is null for 'any'; `p_first` is true for the first write of a document in this commit; key i
 * belongs to write `p_key_of[i]`.
 */
function commitFunction(s: string): string {
  return `
    CREATE FUNCTION ${s}.commit_writes(
      p_schema integer, p_token uuid, p_channel text, p_origin text,
      p_do text[], p_kind text[], p_id text[], p_expect integer[], p_first boolean[], p_body text[],
      p_key_of integer[], p_key_name text[], p_key_value text[]
    ) RETURNS text[] LANGUAGE plpgsql AS $body$
    DECLARE
      v_n integer := cardinality(p_do);
      v_ids text[] := p_id;
      v_seq bigint;
      v_version integer;
    BEGIN
      PERFORM pg_advisory_xact_lock_shared(${LOCK_CLASS}, ${lockOf(s)});
      IF (SELECT m.documents FROM ${s}.meta m) <> p_schema THEN
        RAISE EXCEPTION 'the state was brought to a newer schema by another daytwo; update this one' USING ERRCODE = '${NEWER_SCHEMA}';
      END IF;

      -- Waits for an earlier try of the same commit that is still under way.
      INSERT INTO ${s}.commits (token) VALUES (p_token) ON CONFLICT DO NOTHING;
      IF NOT FOUND THEN
        RETURN (SELECT c.ids FROM ${s}.commits c WHERE c.token = p_token);
      END IF;

      FOR i IN 1..v_n LOOP
        CONTINUE WHEN p_do[i] <> 'append';
        INSERT INTO ${s}.counters AS c (kind, seq) VALUES (p_kind[i], 1)
          ON CONFLICT (kind) DO UPDATE SET seq = c.seq + 1 RETURNING c.seq INTO v_seq;
        v_ids[i] := lpad(v_seq::text, 16, '0');
      END LOOP;

      FOR i IN 1..v_n LOOP
        CONTINUE WHEN p_do[i] = 'append';
        SELECT d.version INTO v_version FROM ${s}.documents d WHERE d.kind = p_kind[i] AND d.id = p_id[i] FOR UPDATE;
        v_version := coalesce(v_version, 0);
        IF v_version <> p_expect[i] THEN
          RAISE EXCEPTION '% % is at version %, not %', p_kind[i], p_id[i], v_version, p_expect[i] USING ERRCODE = '${CONFLICT}';
        END IF;
      END LOOP;

      FOR i IN 1..v_n LOOP
        IF p_do[i] = 'delete' THEN
          DELETE FROM ${s}.documents d WHERE d.kind = p_kind[i] AND d.id = p_id[i];
          CONTINUE;
        END IF;
        INSERT INTO ${s}.documents AS d (kind, id, version, body) VALUES (p_kind[i], v_ids[i], 1, p_body[i]::json)
          ON CONFLICT (kind, id) DO UPDATE SET version = d.version + 1, body = excluded.body
          RETURNING d.version INTO v_version;
        -- Somebody else made it since it was looked for.
        IF v_version <> 1 AND (p_do[i] = 'append' OR (p_first[i] AND p_expect[i] = 0)) THEN
          RAISE EXCEPTION '% % exists', p_kind[i], v_ids[i] USING ERRCODE = '${CONFLICT}';
        END IF;
        -- An id of the form that appends give, given by somebody else: appends go on behind it.
        IF v_version = 1 AND p_do[i] = 'put' AND v_ids[i] ~ '^[0-9]{16}$' THEN
          INSERT INTO ${s}.counters AS c (kind, seq) VALUES (p_kind[i], v_ids[i]::bigint)
            ON CONFLICT (kind) DO UPDATE SET seq = excluded.seq WHERE c.seq < excluded.seq;
        END IF;
        IF v_version <> 1 THEN
          DELETE FROM ${s}.keys k WHERE k.kind = p_kind[i] AND k.id = v_ids[i];
        END IF;
        INSERT INTO ${s}.keys (kind, name, value, id)
          SELECT p_kind[i], k.name, k.value, v_ids[i]
          FROM unnest(p_key_of, p_key_name, p_key_value) AS k (of_write, name, value) WHERE k.of_write = i;
      END LOOP;

      UPDATE ${s}.commits c SET ids = v_ids WHERE c.token = p_token;
      PERFORM pg_notify(p_channel, p_origin || ' ' || (SELECT string_agg(DISTINCT k, ' ') FROM unnest(p_kind) k));
      RETURN v_ids;
    END
    $body$`;
}
