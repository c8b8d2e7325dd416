import type { z } from 'zod';
import type { DiskWorld } from '../actions/disk/world.ts';
import type { BackupWorld } from '../actions/restic/world.ts';
import type { Desk } from '../alerting/desk.ts';
import type { Audit } from '../audit/audit.ts';
import type { Card } from '../chat/message.ts';
import type { Person } from '../chat/people.ts';
import type { ChatName, Conversation } from '../chat/port.ts';
import type { ActingCluster } from '../cluster/acting.ts';
import type { Cluster } from '../cluster/port.ts';
import type { Refusal } from '../gate/action.ts';
import type { Plan } from '../gate/model.ts';
import type { GateService } from '../gate/service.ts';
import type { Clock } from '../lib/clock.ts';
import type { OnCallSource } from '../oncall/oncall.ts';
import type { Delegations } from '../people/delegations.ts';
import type { Store } from '../store/port.ts';
import type { Alertmanager } from '../telemetry/port.ts';

/** One line of `status` and of /readyz. */
export interface PartHealth {
  readonly part: string;
  readonly state: 'up' | 'off' | 'down' | 'starting';
  /** What it is, or what is wrong and what to do. */
  readonly text: string;
}

/** A node as people look at it, and the plan of a drain of it, which nobody asked for yet. */
export interface NodeLook {
  readonly cluster: Pick<ActingCluster, 'node' | 'pods'>;
  readonly drain: (node: string, signal: AbortSignal) => Promise<Plan | Refusal>;
}

/** What commands may use. */
export interface Services {
  readonly store: Store;
  readonly clock: Clock;
  readonly desk: Desk;
  /** Brings an incident's thread into a chat that withheld it; tells whether it had to. */
  readonly bring: (incident: string, chat: ChatName) => Promise<boolean>;
  readonly gate: GateService;
  readonly backups: BackupWorld;
  readonly disk: DiskWorld;
  /** Absent where no cluster is named. */
  readonly nodes: NodeLook | undefined;
  readonly audit: Audit;
  readonly alertmanager: Alertmanager;
  readonly cluster: Cluster;
  readonly onCall: OnCallSource;
  readonly delegations: Delegations;
  readonly health: () => readonly PartHealth[];
  readonly commands: readonly Command[];
}

/** Who asked, where, and until when an answer is of use. */
export interface Asking {
  readonly person: Person;
  readonly chat: ChatName;
  readonly conversation: Conversation;
  /** Document id of the incident whose thread it was asked in. */
  readonly incident: string | undefined;
  /** Unique for ever: what must not happen twice is marked with it. */
  readonly eventId: string;
  readonly signal: AbortSignal;
}

/** What is answered. `to: 'all'` shows it to everybody who sees the conversation. */
export interface Answer {
  readonly to: 'asker' | 'all';
  readonly card: Card;
}

/** What a command is made of. `args` reads the words after the name; where it fails, the usage is shown. */
export interface CommandDefinition<A> {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  readonly examples: readonly string[];
  readonly may: 'anyone' | 'role';
  readonly args: z.ZodType<A, readonly string[]>;
  readonly run: (args: A, asking: Asking, services: Services) => Promise<Answer>;
}

/**
 * A slash command: the same words in every chat.
 * `name` is `[a-z]+`, unique, and the file's name; `may: 'role'` asks for any role, `'anyone'` for being known.
 */
export interface Command extends Omit<CommandDefinition<unknown>, 'args' | 'run'> {
  /** Reads the words; a problem is one sentence for the person who typed them. */
  readonly prepare: (
    words: readonly string[],
  ) => { readonly run: (asking: Asking, services: Services) => Promise<Answer> } | { readonly problem: string };
}

/** Makes a command of its definition. */
export function command<A>({ args, run, ...rest }: CommandDefinition<A>): Command {
  return {
    ...rest,
    prepare: (words) => {
      const read = args.safeParse(words);
      if (!read.success) return { problem: read.error.issues[0]?.message ?? 'that is not how it is used' };
      return { run: (asking, services) => run(read.data, asking, services) };
    },
  };
}
