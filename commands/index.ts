import type { Command } from '../src/commanding/command.ts';
import { ack } from './ack.ts';
import { help } from './help.ts';
import { incidents } from './incidents.ts';
import { nodes } from './nodes.ts';
import { oncall } from './oncall.ts';
import { silence } from './silence.ts';
import { status } from './status.ts';
import { top } from './top.ts';
import { triage } from './triage.ts';
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
  top,
  nodes,
  oncall,
];
