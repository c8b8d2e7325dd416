import { type Method, noScope } from '../method.ts';

/** https://docs.slack.dev/reference/methods/auth.test */
const test: Method = {
  args: {},
  required: [],
  tier: 'hundreds',
  json: true,
  token: 'bot',
  scopes: noScope,
  run: ({ world }) => {
    const { seed } = world;
    return {
      url: `https://${seed.domain}.slack.com/`,
      team: seed.teamName,
      user: seed.app.name,
      team_id: seed.teamId,
      user_id: seed.app.botUserId,
      bot_id: seed.app.botId,
      is_enterprise_install: false,
      ...(seed.enterprise ? { enterprise_id: seed.enterprise.id } : {}),
    };
  },
};

/** https://docs.slack.dev/reference/methods/apps.connections.open */
const open: Method = {
  args: {},
  required: [],
  tier: 't3',
  json: true,
  token: 'app',
  scopes: () => ['connections:write'],
  run: ({ world }) => {
    const ticket = world.ids.uuid();
    world.sockets.tickets.add(ticket);
    return { url: `${world.baseUrl.replace('http:', 'ws:')}/link/?ticket=${ticket}&app_id=${world.seed.app.id}` };
  },
};

/** Methods about the app itself. */
export const authMethods: Readonly<Record<string, Method>> = { 'auth.test': test, 'apps.connections.open': open };
