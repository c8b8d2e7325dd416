import type { ICruiseOptions, IForbiddenRuleType } from 'dependency-cruiser';

/**
 * The floors of the house, lowest first. A file may import from its own floor's folder and from lower floors; never from a higher
 * one, never in a circle. Folders that share a floor don't know each other.
 */
const FLOORS = [
  ['src/lib'],
  ['src/store', 'src/config'],
  ['src/oncall', 'src/host', 'src/cluster', 'src/telemetry'],
  ['src/chat'],
  ['src/people'],
  ['src/alerting'],
  ['src/triage'],
  ['src/audit'],
  ['src/gate'],
  ['src/actions'],
  ['src/commanding'],
  ['alerts', 'commands'],
  ['src/http'],
  ['src/wiring', 'src/metrics\\.ts'],
  ['src/app\\.ts'],
  ['src/demo'],
  ['src/main\\.ts'],
];

const upwards = FLOORS.flatMap((floor, at) =>
  floor.map((folder) => {
    const others = [...floor.filter((one) => one !== folder), ...FLOORS.slice(at + 1).flat()];
    return {
      name: `upwards-from-${folder}`,
      comment: 'imports run down the floors; move the shared part down, or state what is needed at the consumer',
      severity: 'error' as const,
      from: { path: `^${folder}(/|$)` },
      to: { path: `^(${others.join('|')})(/|$)` },
    };
  }),
);

const home = (name: string, library: string, folder: string): IForbiddenRuleType => ({
  name: `${name}-outside-its-folder`,
  comment: "an SDK's types stop at its folder's door",
  severity: 'error' as const,
  from: { path: '^(src|alerts|commands)/', pathNot: `^${folder}/` },
  to: { path: `node_modules/${library}/` },
});

/** The rules that imports are held against. */
export const forbidden: IForbiddenRuleType[] = [
  { name: 'circle', severity: 'error' as const, from: {}, to: { circular: true } },
  { name: 'unresolvable', severity: 'error' as const, from: {}, to: { couldNotResolve: true } },
  {
    name: 'chats-know-each-other',
    severity: 'error' as const,
    from: { path: '^src/chat/(console|slack|telegram)/' },
    to: { path: '^src/chat/(console|slack|telegram)/', pathNot: '^src/chat/$1/' },
  },
  {
    name: 'shell-door',
    comment: 'processes start in src/host alone',
    severity: 'error' as const,
    from: { path: '^(src|alerts|commands)/', pathNot: '^src/host/' },
    to: { path: '^(node:)?child_process$' },
  },
  ...upwards.filter(({ to }) => to.path !== '^()(/|$)'),
  home('kubernetes', '@kubernetes/client-node', 'src/cluster'),
  home('execa', 'execa', 'src/host'),
  home('slack', '@slack', 'src/chat/slack'),
  home('telegraf', 'telegraf', 'src/chat/telegram'),
  home('vega', '(vega|vega-lite|@resvg)', 'src/triage/pictures'),
  home('lowdb', 'lowdb', 'src/store/lowdb'),
  home('pg', '(pg|pg-pool|pg-protocol|@types/pg)', 'src/store/postgres'),
];

/** How files are read: by swc, since the TypeScript compiler in use has no API in JavaScript. */
export const options: ICruiseOptions = {
  doNotFollow: { path: 'node_modules' },
  exclude: { path: '^src/chat/console/web/' },
  parser: 'swc',
  enhancedResolveOptions: {
    extensions: ['.ts', '.js'],
    conditionNames: ['node', 'import', 'default', 'types'],
    exportsFields: ['exports'],
  },
};
