import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commands } from '../../../commands/index.ts';
import { MANIFEST } from '../../../src/chat/slack/limits.ts';
import { slackManifest } from '../../../src/chat/slack/manifest.ts';

const socket = slackManifest(commands, { mode: 'socket' });
const names = socket.features.slash_commands.map(({ command }) => command);

describe('the manifest', () => {
  it('has /daytwo and every command that Slack leaves to apps', () => {
    expect(names[0]).toBe('/daytwo');
    const missing = commands.map(({ name }) => `/${name}`).filter((name) => !names.includes(name));
    expect(missing).toEqual(['/status']);
    expect(new Set(names).size).toBe(names.length);
  });

  it('keeps within the vendor’s lengths and counts', () => {
    const { display_information: about, features } = socket;
    expect([...about.name].length).toBeLessThanOrEqual(MANIFEST.name);
    expect([...about.description].length).toBeLessThanOrEqual(MANIFEST.description);
    expect(features.slash_commands.length).toBeLessThanOrEqual(MANIFEST.commands);
    for (const { command, description, usage_hint: hint = '' } of features.slash_commands) {
      expect(command).toMatch(/^\/[a-z][a-z0-9-]{0,30}$/);
      expect(description).not.toBe('');
      expect([...hint].length).toBeLessThanOrEqual(MANIFEST.hint);
    }
    const many = Array.from({ length: 80 }, (_, at) => ({
      name: `c${at}`,
      usage: `/c${at}`,
      summary: 'x'.repeat(5000),
    }));
    const { slash_commands: kept } = slackManifest(many, { mode: 'socket' }).features;
    expect(kept).toHaveLength(MANIFEST.commands);
    for (const { description } of kept) expect([...description].length).toBeLessThanOrEqual(MANIFEST.about);
  });

  it('posts to the public URL in HTTP mode, and nowhere in Socket Mode', () => {
    const http = slackManifest(commands, { mode: 'http', publicUrl: 'https://daytwo.example.com/' });
    const url = 'https://daytwo.example.com/slack/events';
    expect(http.settings).toMatchObject({
      socket_mode_enabled: false,
      event_subscriptions: { request_url: url },
      interactivity: { is_enabled: true, request_url: url },
    });
    expect(new Set(http.features.slash_commands.map((one) => one.url))).toEqual(new Set([url]));
    expect(socket.settings.socket_mode_enabled).toBe(true);
    expect(JSON.stringify(socket)).not.toContain('url');
  });

  it('stands in deploy/ as `daytwo slack-manifest` prints it', () => {
    const kept: unknown = JSON.parse(
      readFileSync(new URL('../../../deploy/slack-manifest.json', import.meta.url), 'utf8'),
    );
    expect(kept, 'npx daytwo slack-manifest > deploy/slack-manifest.json').toEqual(socket);
  });
});
