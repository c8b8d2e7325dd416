import { describe, expect, it } from 'vitest';
import { type Card, plain } from '../../src/chat/message.ts';
import { cardText } from '../../src/chat/plainText.ts';
import { renderCard } from '../../src/chat/telegram/render.ts';
import { shortDigest } from '../../src/gate/digest.ts';
import type { GateFinding, GateRequest, Outcome } from '../../src/gate/model.ts';
import { callCard, driftCard, endCard } from '../../src/gate/newsCards.ts';
import { requestCard } from '../../src/gate/requestCard.ts';
import type { StoredRequest } from '../../src/gate/requests.ts';
import { approved, asked, BLOCKED, confirmed, PLAN, T } from './requests.ts';

const stored = (request: GateRequest): StoredRequest => ({
  request,
  tokens: { confirm: 'c', approve: 'a', deny: 'd', cancel: 'x' },
  place: { conversation: { chat: 'console', id: 'channel' }, chat: 'console', event: 'e' },
  direct: [],
  called: 0,
});
const card = (request: GateRequest): Card => requestCard(stored(request));
const labels = ({ buttons }: Card): readonly string[] => buttons.map(({ label }) => label);
/** The first sentences below the title: what a notification shows as well. */
const first = ({ blocks: [block] }: Card): string => (block?.kind === 'text' ? plain(block.text) : '');

describe('a request’s card', () => {
  it.each<[string, GateRequest, string, readonly string[]]>([
    ['blocked', asked({}, BLOCKED), 'This can’t be done now; nothing was done. Mend what blocks it', ['Cancel']],
    ['to confirm', asked(), 'ana: read this, then press Confirm.', ['Confirm', 'Cancel']],
    ['to confirm by its name', asked({ confirm: 'typed' }), 'type the name worker-1.', ['Confirm', 'Cancel']],
    [
      'to approve',
      confirmed(),
      'Nothing was done yet. It takes one person other than ana: somebody on call or an admin.',
      ['Approve', 'Deny', 'Cancel'],
    ],
    ['approved', approved(), 'Approved. It starts as soon as nothing else holds node/worker-1, cluster.', ['Cancel']],
  ])('says first what is to be done: %s', (_, request, words, buttons) => {
    expect(first(card(request))).toContain(words);
    expect(labels(card(request))).toEqual(buttons);
  });

  it('says what Cancel does to what runs, until there is progress to tell', () => {
    const running: GateRequest = { ...approved(), state: 'running' };
    expect(first(card(running))).toContain('Cancel stops it at its next safe point');
    expect(first(requestCard(stored(running), { text: 'evicting default/web' }))).toBe('evicting default/web');
  });

  it('folds what was agreed to once it runs, and never before', () => {
    const folds = (request: GateRequest) =>
      card(request).blocks.flatMap((block) =>
        block.kind === 'section' && block.title !== 'In full' ? [block.folded] : [],
      );
    expect(new Set([...folds(asked()), ...folds(confirmed()), ...folds(approved())])).toEqual(new Set([false]));
    expect(new Set(folds({ ...approved(), state: 'running' }))).toEqual(new Set([true]));
  });

  it('shows what blocks before what would be done', () => {
    const text = cardText(card(asked({}, BLOCKED)));
    expect(text.indexOf('default/db allows none')).toBeLessThan(text.indexOf('evict 12 pods'));
    expect(text).toContain('BLOCK · one thing has to be mended first');
  });

  it('shows all that the digest binds, every value exactly, and a command in a finding as one', () => {
    const text = cardText(card(confirmed()));
    expect(text).toContain('effects.node.uid: "u-1"');
    expect(text).toContain('effects.owners: ["default/web","default/db"]');
    expect(text).toContain('args.node: "worker-1"');
    expect(text).toContain('locks: ["node/worker-1","cluster"]');
    const finding: GateFinding = { level: 'NOTE', code: 'lock', text: 'then `restic unlock` by hand' };
    const shown = JSON.stringify(card(asked({}, { ...PLAN, findings: [finding] })));
    expect(shown).toContain('{"code":"restic unlock"}');
  });

  it('keeps its words in Telegram’s length however many findings there are: what to do, risks, fields', () => {
    const findings = Array.from({ length: 60 }, (_, n): GateFinding => {
      return {
        level: n === 0 ? 'ACKNOWLEDGE' : 'NOTE',
        code: `code-${n}`,
        text: `finding ${n} ${'words '.repeat(40)}`,
      };
    });
    const { text, cut } = renderCard(card(confirmed({}, {})), { where: 'The rest is in the console.' });
    expect(cut).toBe(false);
    expect(text).toContain('effects.node.uid');
    const long = renderCard(card(asked({}, { ...PLAN, findings })), { where: 'The rest is in the console.' });
    expect(long.text.length).toBeLessThanOrEqual(4096);
    expect(long.cut).toBe(true);
    for (const words of [
      'Nothing was done yet',
      'Confirming accepts',
      'finding 0',
      'Digest:',
      'The rest is in the console',
    ])
      expect(long.text).toContain(words);
  });

  it('has no sign of a state on what has none', () => {
    const { text } = renderCard(card(confirmed()), { where: '' });
    expect(text).not.toContain('⚪');
    expect(text).toContain('Steps: 2, in this order');
  });
});

describe('what is told meanwhile', () => {
  it('names a share once, whoever says it first', () => {
    const running: GateRequest = { ...approved(), state: 'running' };
    expect(cardText(requestCard(stored(running), { text: '42 %, 4 of 9 files', share: 0.42 }))).toContain(
      '\n42 %, 4 of 9',
    );
    expect(cardText(requestCard(stored(running), { text: 'evicting', share: 0.5 }))).toContain('\n50 % · evicting');
  });
  it('tells what of the plan is new, gone or changed', () => {
    const differs = [
      { what: 'findings', after: 'locked; `restic unlock` by hand' },
      { what: 'steps', before: 'cordon' },
      { what: 'owner', before: 'web', after: 'db' },
    ];
    const text = cardText(driftCard(confirmed(), { is: 'drifted', from: 'a', to: 'b', differs, voided: ['ben'] }));
    expect(text).toContain('REQ-17 Drain worker-1: the plan changed');
    expect(text).toContain('The approval of ben no longer counts.');
    for (const words of [
      'new in findings: locked; restic unlock',
      'gone from steps: cordon',
      'changed in owner: web → db',
    ])
      expect(text).toContain(words);
  });
});

describe('the card of an end', () => {
  const outcome: Outcome = {
    text: 'worker-1 is drained, with doubts.',
    facts: [{ name: 'Pods', value: '12' }],
    checks: [
      { what: 'pods left', expected: 'none', actual: 'none', ok: true },
      { what: 'files', expected: 'about 50', actual: '52', ok: true },
      { what: 'budgets', expected: 'kept', actual: 'one broken', ok: false },
    ],
  };
  it('lists what was checked, the bad first, without a table that a phone would cut', () => {
    const end = endCard({ ...approved(), state: 'degraded', outcome });
    expect(end.blocks.some(({ kind }) => kind === 'table')).toBe(false);
    const text = cardText(end);
    expect(text.indexOf('✗ budgets: one broken, expected: kept')).toBeLessThan(text.indexOf('✓ pods left: none'));
    expect(text).toContain('✓ files: 52');
  });
  it('says what a person does about what nobody knows', () => {
    const text = cardText(endCard({ ...approved(), state: 'unknown' }));
    expect(text).toContain('/settle REQ-17 not-done NOTE');
    expect(text).toContain('Until then node/worker-1, cluster stays locked.');
  });
});

describe('the call for approvers', () => {
  it('tells what is asked and with which words, digest and all; its title stays true when all is over', () => {
    const request = confirmed();
    const call = callCard(request, ['ben', 'cleo', 'dora'], 'ana asks for your approval.');
    expect(call.title).toBe('REQ-17 Drain worker-1: approval asked of ben, cleo and 1 more');
    const text = cardText(call);
    expect(text).toContain('ben, cleo, dora: ana asks for your approval.');
    expect(text).toContain('12 pods move elsewhere');
    expect(text).toContain(`/approve REQ-17 ${shortDigest(request.digest)}`);
    expect(request.approveBy).toBeGreaterThan(T);
  });
});
