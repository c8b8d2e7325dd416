import { z } from 'zod';
import { listen, url } from '../leaf/addresses.ts';
import { form } from '../leaf/leaf.ts';
import { path } from '../leaf/paths.ts';
import { secret } from '../leaf/secret.ts';
import { duration } from '../leaf/times.ts';

/** `server:` */
export const server = z
  .strictObject({
    listen: listen()
      .describe(
        'Where the webhook, the console and the metrics listen. Beyond loopback, the webhook needs a token or a password.',
      )
      .meta({ examples: ['0.0.0.0:8080'] })
      .prefault('127.0.0.1:8080'),
    publicUrl: url()
      .describe("How the outside reaches this server: goes into links, and Telegram's webhook is set to it.")
      .meta({ examples: ['https://daytwo.example.com'] })
      .optional(),
  })
  .describe('The one HTTP server.');

const kept = (dir: string) => ({
  dir: path().describe(`${dir} DAYTWO_DATA_DIR goes before it.`).prefault('./data'),
  retention: duration().describe('How long resolved incidents and their evidence are kept.').prefault('90d'),
});

/** `store:` */
export const store = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: form('lowdb').describe('Files in a folder, for one process.').default('lowdb'),
      ...kept('Folder of the state, made if missing; one process at a time.'),
    }),
    z.strictObject({
      kind: form('postgres').describe('PostgreSQL 12 or later, for any number of processes; see replicas.md.'),
      ...secret('url', 'Connection string; it holds a password, so it is treated as a secret.', (value) =>
        /^postgres(?:ql)?:\/\//.test(value) ? undefined : 'expected a connection string that starts with postgres://',
      ),
      ...kept('Folder of this replica alone, made if missing: its own note of where the audit ends.'),
    }),
  ])
  .describe('Where the state is kept.');
