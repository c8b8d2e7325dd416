import { z } from 'zod';
import { url } from '../leaf/addresses.ts';
import { secret } from '../leaf/secret.ts';
import { plain } from '../leaf/words.ts';

const outgoing = (whom: string) => ({
  ...secret('bearerToken', `Sent to ${whom} as \`Authorization: Bearer\`.`),
  username: plain('a user name', (value) => !value.includes(':'))
    .describe(`User name for ${whom} (HTTP Basic); goes with \`password\`.`)
    .optional(),
  ...secret('password', `Password for ${whom}; goes with \`username\`.`),
});

const address = (whom: string, example: string) =>
  url()
    .describe(`Base URL of ${whom}, as this process reaches it.`)
    .meta({ examples: [example] })
    .optional();

/** `alertmanager:` */
export const alertmanager = z
  .strictObject({
    url: address('Alertmanager', 'http://127.0.0.1:9093'),
    ...secret(
      'webhookToken',
      'What Alertmanager must send to the webhook as `Authorization: Bearer`. Without it and without a user, the webhook is open, on loopback only.',
    ),
    webhookUser: plain('a user name', (value) => !value.includes(':'))
      .describe('User name that Alertmanager must send to the webhook (HTTP Basic); goes with `webhookPassword`.')
      .optional(),
    ...secret('webhookPassword', 'Password that goes with `webhookUser`.'),
    ...outgoing('Alertmanager'),
  })
  .describe('Alertmanager: whose webhooks come in, and whom to ask about alerts and silences.');

/** `prometheus:` */
export const prometheus = z
  .strictObject({ url: address('Prometheus', 'http://127.0.0.1:9090'), ...outgoing('Prometheus') })
  .describe('Prometheus: trends and the state of backups.');

/** `pushgateway:` */
export const pushgateway = z
  .strictObject({ url: address('the Pushgateway', 'http://127.0.0.1:9091'), ...outgoing('the Pushgateway') })
  .describe('Pushgateway: where the outcome of a backup that was started here is pushed.');
