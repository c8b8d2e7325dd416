import { afterEach, describe, expect, it } from 'vitest';
import { posted, postedId } from '../../../src/chat/outbox.ts';
import { metadataId } from '../../support/slack/transcript.ts';
import { cardOf, endNights, HOME, home, night } from './night.ts';

afterEach(endNights);

const PNG = Buffer.from('89504e470d0a1a0a', 'hex');

describe('a thread', () => {
  it('begins with a root behind a coloured bar, holds replies, and its root turns colour', async () => {
    const { slack, say, delivered, up, store } = await night();
    await up();
    const press = { label: 'Ack', token: 'token-1', style: 'primary' as const };
    await say(
      { message: 'INC-1', card: cardOf('INC-1 DiskPressure', { buttons: [press] }) },
      { message: 'INC-1/evidence-1', card: cardOf('evidence', { blocks: [{ kind: 'pre', text: '/dev/sda 97 %' }] }) },
      { message: 'INC-1', do: 'edit', card: cardOf('INC-1 resolved after 14 min', { tone: 'ok' }) },
    );
    await delivered();
    const [root, reply] = slack.messages(HOME);
    expect(root).toMatchObject({
      threadTs: undefined,
      text: expect.stringContaining('OK: INC-1 resolved after 14 min'),
      attachments: [{ color: '#2e7d32' }],
      unfurl: { links: false, media: false },
    });
    expect(root?.edits).toHaveLength(1);
    expect(reply).toMatchObject({ threadTs: root?.ts, attachments: [] });
    expect(root && metadataId(root)).toBeDefined();
    expect((await store.get(posted, postedId(home, 'INC-1')))?.body.ref).toBe(`${HOME}:${root?.ts}`);
    expect(slack.violations).toEqual([]);
  });

  it('gets pictures as files with their words, once', async () => {
    const { slack, say, delivered, up, store } = await night();
    await up();
    const light = await store.putBlob(PNG);
    const picture = { light, dark: light, alt: 'use grows from 80 to 97 %', width: 640, height: 240 };
    await say(
      { message: 'INC-1' },
      {
        message: 'INC-1/evidence-1/picture-1',
        card: cardOf('INC-1 disk use', { blocks: [{ kind: 'picture', picture }] }),
      },
      { message: 'INC-1/more' },
    );
    await delivered();
    const [root, shared, more] = slack.messages(HOME);
    expect(shared).toMatchObject({ threadTs: root?.ts, files: [expect.stringMatching(/^F/)] });
    const file = slack.world.files.get(shared?.files[0] ?? '');
    expect(file).toMatchObject({
      title: 'INC-1 disk use',
      altText: picture.alt,
      name: 'INC-1-evidence-1-picture-1.png',
    });
    expect(Buffer.from(file?.bytes ?? []).equals(PNG)).toBe(true);
    expect(more?.threadTs).toBe(root?.ts);
    expect(slack.violations).toEqual([]);
  });

  it.each([
    ['the picture is kept no longer', async () => undefined],
    ['the app may not upload', undefined],
  ])('says a picture in words when %s', async (_, getBlob) => {
    const { slack, say, delivered, up, store } = await night({ chat: getBlob ? { getBlob } : {} });
    await up();
    if (!getBlob) slack.admin.dropScope('files:write');
    const light = await store.putBlob(PNG);
    const picture = { light, dark: light, alt: 'use grows', width: 640, height: 240 };
    await say(
      { message: 'INC-1' },
      { message: 'INC-1/picture', card: cardOf('disk', { blocks: [{ kind: 'picture', picture }] }) },
    );
    await delivered();
    expect(JSON.stringify(slack.messages(HOME)[1]?.blocks)).toContain('(picture: use grows)');
  });

  it('brings the whole as a file where it had to cut, once, whatever fails on the way', async () => {
    const { slack, say, delivered, up } = await night({ emulator: { rateLimits: false } });
    await up();
    slack.faults.next('files.completeUploadExternal', { do: 'fail-after' });
    slack.faults.next('files.getUploadURLExternal', { do: 'drop-before' }, { do: 'rate-limit', retryAfterSeconds: 1 });
    const rows = Array.from({ length: 900 }, (_, at) => [`pod-${at}`, 'CrashLoopBackOff']);
    const table = { kind: 'table' as const, columns: [{ label: 'Pod' }, { label: 'Why' }], rows };
    await say({ message: 'INC-1', card: cardOf('INC-1 pods', { blocks: [table] }) }, { message: 'INC-2' });
    await delivered();
    const [root, file, next] = slack.messages(HOME);
    expect(JSON.stringify(root?.attachments)).toContain('the file that follows');
    expect(file).toMatchObject({ threadTs: root?.ts, files: [expect.stringMatching(/^F/)] });
    const text = Buffer.from(slack.world.files.get(file?.files[0] ?? '')?.bytes ?? []).toString();
    expect(text).toContain('pod-899');
    expect(next?.text).toContain('INC-2');
    expect(slack.messages(HOME)).toHaveLength(3);
    expect(slack.violations).toEqual([]);
  });

  it('goes on in the channel when somebody deleted its first message', async () => {
    const { slack, say, delivered, up } = await night();
    await up();
    await say({ message: 'INC-1' });
    await delivered();
    slack.admin.deleteMessage(HOME, slack.messages(HOME)[0]?.ts ?? '');
    await say({ message: 'INC-1/news' }, { message: 'INC-1', do: 'edit' });
    await delivered();
    expect(slack.messages(HOME)).toMatchObject([{ threadTs: undefined, text: expect.stringContaining('INC-1/news') }]);
  });
});

describe('an answer for one person', () => {
  it('is shown to them alone: in the thread they spoke in, beside the root they pressed', async () => {
    const { slack, say, delivered, up } = await night();
    await up();
    await say(
      { message: 'INC-1' },
      { message: 'reply/slack/1', root: 'INC-1', onlyFor: 'U0ANA' },
      { message: 'reply/slack/2', root: 'INC-1', onlyFor: 'U0ANA', replyTo: 'beside' },
    );
    await delivered();
    const [root, ...answers] = slack.messages(HOME);
    expect(answers).toMatchObject([
      { ephemeralFor: 'U0ANA', threadTs: root?.ts },
      { ephemeralFor: 'U0ANA', threadTs: undefined },
    ]);
  });

  it('goes to their own conversation with the bot when they left the channel', async () => {
    const { slack, say, delivered, up } = await night();
    await up();
    slack.world.channels.get(HOME)?.members.delete('U0BEN');
    await say({ message: 'reply/slack/1', onlyFor: 'U0BEN' });
    await delivered();
    expect(slack.messages(slack.user('U0BEN').direct())).toHaveLength(1);
    expect(slack.messages(HOME)).toHaveLength(0);
    expect(slack.violations).toEqual([]);
  });
});
