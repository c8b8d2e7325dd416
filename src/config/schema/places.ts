import { z } from 'zod';
import { hostName, sshAddress } from '../leaf/addresses.ts';
import { flag, form } from '../leaf/leaf.ts';
import { path, remotePath } from '../leaf/paths.ts';
import { plain } from '../leaf/words.ts';

/** `cluster:` */
export const cluster = z
  .strictObject({
    kubeconfig: path()
      .describe('The kubeconfig to use. Without it: KUBECONFIG, then ~/.kube/config.')
      .meta({ examples: ['~/.kube/config'] })
      .optional(),
    context: plain('the name of a context')
      .describe("The context to use; the kubeconfig's current one otherwise.")
      .meta({ examples: ['home'] })
      .optional(),
    inCluster: flag()
      .describe('Use the service account of the pod this runs in; goes without `kubeconfig` and `context`.')
      .prefault(false),
  })
  .describe('The Kubernetes cluster.');

const common = {
  name: hostName()
    .describe("The node's name in the cluster, or any other name; unique.")
    .meta({ examples: ['worker-1'] }),
  journalDirectory: remotePath()
    .describe('Where the journal lies, if not where journalctl looks by itself (a mounted /var/log/journal).')
    .optional(),
};

/** `hosts:`; each becomes what the host part asks for. */
export const hosts = z
  .array(
    z
      .discriminatedUnion('via', [
        z.strictObject({ via: form('local').describe('This very machine.').default('local'), ...common }),
        z.strictObject({
          via: form('ssh').describe('Over ssh, with keys and strict host keys only.'),
          ...common,
          address: sshAddress()
            .describe('Where ssh goes: `user@host:port`; user and port may be left out. The name, where absent.')
            .meta({ examples: ['ops@10.0.0.5'] })
            .optional(),
          identityFile: path()
            .describe("Private key; the user's keys and agent otherwise.")
            .meta({ examples: ['~/.ssh/daytwo'] })
            .optional(),
          knownHostsFile: path()
            .describe("The only file of known host keys; the user's and the system's otherwise.")
            .optional(),
        }),
      ])
      .transform((host) => {
        if (host.via === 'local') return host;
        const { address = { address: host.name, port: undefined }, ...rest } = host;
        return { ...rest, address: address.address, port: address.port };
      }),
  )
  .describe('Machines that may be looked at, with a closed list of commands.');
