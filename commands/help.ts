import { z } from 'zod';
import { privately } from '../src/commanding/answers.ts';
import { command } from '../src/commanding/command.ts';
import { nearest } from '../src/lib/nearest.ts';
import { inertLine } from '../src/lib/text.ts';

/** `/help [COMMAND]`. */
export const help = command({
  name: 'help',
  usage: '/help [COMMAND]',
  summary: 'Says what you can do here.',
  examples: ['/help', '/help silence'],
  may: 'anyone',
  args: z.union([z.tuple([]), z.tuple([z.string()])], { error: 'name one command, or none' }),
  run: async ([word], { person }, { commands }) => {
    const mine = commands.filter(({ may }) => may === 'anyone' || person.roles.length > 0);
    if (word === undefined) {
      const rows = mine.map(({ usage, summary }) => [usage, summary]);
      return privately('What you can do here', [
        { kind: 'table', columns: [{ label: 'Command' }, { label: 'What it does' }], rows },
        { kind: 'quiet', text: 'In an incident’s thread the incident needn’t be named.' },
      ]);
    }
    const name = word.replace(/^\//, '').toLowerCase();
    const found = mine.find((one) => one.name === name);
    if (found) {
      return privately(found.usage, [
        { kind: 'text', text: found.summary },
        { kind: 'list', items: found.examples.map((example) => [{ code: example }]) },
      ]);
    }
    const near = nearest(
      name,
      mine.map((one) => one.name),
    );
    return privately(
      `There is no /${inertLine(name).slice(0, 40)}${near ? `; did you mean /${near}?` : '. /help lists what there is.'}`,
    );
  },
});
