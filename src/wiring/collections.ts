import { nodePasts } from '../actions/node/past/model.ts';
import { presses } from '../alerting/desk.ts';
import { inbox, parked } from '../alerting/inbox.ts';
import { counters, incidents } from '../alerting/incident.ts';
import { storms } from '../alerting/storm.ts';
import { timeline } from '../alerting/timeline.ts';
import { ANCHOR_COLLECTIONS } from '../audit/anchors.ts';
import { CONSOLE_COLLECTIONS } from '../chat/console/model.ts';
import { inboundEvents } from '../chat/inbound.ts';
import { lanes, outbox, posted } from '../chat/outbox.ts';
import { SLACK_COLLECTIONS } from '../chat/slack/threads.ts';
import { TELEGRAM_COLLECTIONS } from '../chat/telegram/model.ts';
import { picks } from '../commanding/picks.ts';
import { REPLICA_COLLECTIONS } from '../store/lease.ts';
import type { Collection } from '../store/port.ts';
import { evidenceRounds } from '../triage/evidenceRound.ts';
import { offerPresses } from '../triage/offerPresses.ts';
import { GATE_COLLECTIONS } from './gate.ts';

/** Every kind of document there is. */
export const COLLECTIONS: readonly Collection<never>[] = [
  incidents,
  counters,
  presses,
  timeline,
  inbox,
  parked,
  outbox,
  lanes,
  posted,
  inboundEvents,
  evidenceRounds,
  offerPresses,
  storms,
  nodePasts,
  picks,
  ...REPLICA_COLLECTIONS,
  ...ANCHOR_COLLECTIONS,
  ...GATE_COLLECTIONS,
  ...CONSOLE_COLLECTIONS,
  ...SLACK_COLLECTIONS,
  ...TELEGRAM_COLLECTIONS,
];
