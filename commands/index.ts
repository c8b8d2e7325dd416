import type { Command } from '../src/commanding/command.ts';
import { ack } from './ack.ts';
import { approve } from './approve.ts';
import { audit } from './audit.ts';
import { backup } from './backup.ts';
import { backups } from './backups.ts';
import { breakglass } from './breakglass.ts';
import { cancel } from './cancel.ts';
import { confirm } from './confirm.ts';
import { cordon } from './cordon.ts';
import { delegate } from './delegate.ts';
import { deny } from './deny.ts';
import { disk } from './disk.ts';
import { drain } from './drain.ts';
import { help } from './help.ts';
import { incidents } from './incidents.ts';
import { nodes } from './nodes.ts';
import { oncall } from './oncall.ts';
import { requests } from './requests.ts';
import { restore } from './restore.ts';
import { settle } from './settle.ts';
import { silence } from './silence.ts';
import { status } from './status.ts';
import { top } from './top.ts';
import { triage } from './triage.ts';
import { uncordon } from './uncordon.ts';
import { undelegate } from './undelegate.ts';
import { unsilence } from './unsilence.ts';

/** Every command, in the order of /help. */
export const commands: readonly Command[] = [
  help,
  status,
  incidents,
  triage,
  ack,
  silence,
  unsilence,
  backups,
  backup,
  restore,
  requests,
  confirm,
  approve,
  deny,
  cancel,
  breakglass,
  settle,
  top,
  nodes,
  cordon,
  uncordon,
  drain,
  disk,
  oncall,
  delegate,
  undelegate,
  audit,
];
