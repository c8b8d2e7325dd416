import { z } from 'zod';
import { hostName } from '../leaf/addresses.ts';
import { choice, flag } from '../leaf/leaf.ts';
import { remotePath, unit } from '../leaf/paths.ts';
import { duration } from '../leaf/times.ts';
import { personName, plain, word } from '../leaf/words.ts';

/** How a backup is made. */
const BACKUP_KINDS = [
  'restic',
  'rclone',
  'pg_dump',
  'mysqldump',
  'etcd',
  'k3s',
  'velero',
  'cloudnativepg',
  'hetzner',
  'other',
] as const;

const holdsPassword = (value: string) => /\/\/[^/@\s]*:[^/@\s]*@/.test(value);

/** `backups:` */
export const backups = z
  .array(
    z.strictObject({
      name: word()
        .describe('The name of the backup; the `job` under which its metrics are pushed; unique.')
        .meta({ examples: ['restic_k8s_data'] }),
      kind: choice(BACKUP_KINDS).describe('How it is made.').prefault('other'),
      host: hostName()
        .describe('On which of `hosts` it runs.')
        .meta({ examples: ['node-0'] })
        .optional(),
      unit: unit()
        .describe('The systemd unit that makes it: its journal is shown, and backing up now starts it.')
        .meta({ examples: ['restic-k8s-backup.service'] })
        .optional(),
      repository: plain('a repository, without a password in it', (value) => !holdsPassword(value))
        .describe(
          "The repository, as the host calls it. A password in it is refused: it would show in the host's process list.",
        )
        .meta({ examples: ['/srv/restic'] })
        .optional(),
      passwordFile: remotePath()
        .describe("The repository's password, in a file on the host; never read from here.")
        .meta({ examples: ['/etc/restic/password'] })
        .optional(),
      paths: z
        .array(remotePath())
        .describe('What is backed up: absolute paths on the host.')
        .meta({ examples: [['/opt/local-path-provisioner']] })
        .prefault([]),
      rpo: duration()
        .describe('Recovery point objective: how old the newest good backup may be.')
        .meta({ examples: ['24h'] })
        .optional(),
      rto: duration()
        .describe('Recovery time objective: how long a restore may take.')
        .meta({ examples: ['1h'] })
        .optional(),
      staleAfter: duration()
        .describe('When a backup counts as stale; the RPO where absent.')
        .meta({ examples: ['25h'] })
        .optional(),
      offsite: flag().describe('Whether the repository is at another site.').prefault(false),
      whoCanRestore: z
        .array(personName())
        .describe('Names from `people`; the policy must allow it as well. Everyone the policy allows, where absent.')
        .meta({ examples: [['ana']] })
        .optional(),
    }),
  )
  .describe('The backups there are.');
