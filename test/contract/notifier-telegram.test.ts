// Telegram through grammY against a stand-in Bot API: alerts, refusals, commands of listed chats and of strangers.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TelegramNotifier } from '../../src/adapters/notifier/telegram/telegram-notifier.ts';
import { alertMessage } from '../../src/adapters/notifier/telegram/telegram-text.ts';
import type { EffectDataByKind } from '../../src/shared/bus/effects.ts';
import type { Log } from '../../src/shared/ports/log.ts';
import type { OperatorDesk } from '../../src/shared/ports/operator-desk.ts';
import { TelegramApi } from '../stand-in/telegram-api.ts';
import { eventually } from '../support/eventually.ts';

const alert: EffectDataByKind['alert.send'] = {
  incident_id: 'incident-1',
  severity: 'critical',
  phase: 'opened',
  text: 'BTC & <b>ETH</b> stale',
};
const owner = 4_200;
const stranger = 666;

let api: TelegramApi;
let url: string;
const slept: number[] = [];
const logged: string[] = [];
const commanded: string[] = [];
const open: TelegramNotifier[] = [];

const log: Log = Object.fromEntries(
  ['debug', 'info', 'warn', 'error'].map((level) => [
    level,
    (fields: unknown, text: string) => void logged.push(`${level} ${text} ${JSON.stringify(fields)}`),
  ]),
) as unknown as Log;
const desk: OperatorDesk = {
  status: async () => 'Trading is active <now> & here',
  positions: async () => 'No open position',
  halt: async (by) => {
    commanded.push(`halt ${by}`);
    return 'Trading is halted now.';
  },
  resume: async (by) => {
    commanded.push(`resume ${by}`);
    return 'Trading is active now.';
  },
  why: async (id) => `story of ${id ?? 'the newest decision'}`,
};

function notifier(changes: Partial<ConstructorParameters<typeof TelegramNotifier>[0]> = {}) {
  const made = new TelegramNotifier({
    token: api.token,
    chats: [String(owner)],
    desk,
    log,
    apiUrl: url,
    sleep: async (ms) => void slept.push(ms),
    ...changes,
  });
  open.push(made);
  return made;
}

beforeEach(async () => {
  api = new TelegramApi();
  url = await api.start();
  for (const list of [slept, logged, commanded]) list.length = 0;
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.stop()));
  await api.stop();
});

describe('alerts', () => {
  test('go to every listed chat, escaped, loud only when critical', async () => {
    const telegram = notifier({ chats: ['1', '-1002'] });
    await telegram.send(alert);
    await telegram.send({ ...alert, severity: 'warning', phase: 'updated' });
    await telegram.send({ ...alert, phase: 'resolved' });
    expect(api.messages.map(({ chat_id }) => chat_id).sort()).toEqual(
      ['1', '-1002', '1', '-1002', '1', '-1002'].sort(),
    );
    expect(api.messages[0]).toMatchObject({
      text: '<b>CRITICAL</b>\nBTC &amp; &lt;b&gt;ETH&lt;/b&gt; stale',
      parse_mode: 'HTML',
      disable_notification: false,
    });
    expect(api.messages.slice(2).every(({ disable_notification }) => disable_notification)).toBe(true);
  });

  test('are one message each, however long and hostile the text', async () => {
    for (const text of ['<'.repeat(9_000), '\ud800 lone', '&amp;'.repeat(2_000), '\u202etxet desrever'])
      await notifier().send({ ...alert, text });
    expect(api.messages).toHaveLength(4);
    expect(alertMessage({ ...alert, text: '\u202ea\u0000b' })).toBe('<b>CRITICAL</b>\n a b');
  });

  test('wait as long as they are told on 429, and no longer than is worth while', async () => {
    api.trouble('sendMessage', 429, 2, { retryAfter: 7 });
    await notifier().send(alert);
    expect(slept).toEqual([7_000, 7_000]);
    expect(api.messages).toHaveLength(1);
    api.trouble('sendMessage', 429, 1, { retryAfter: 3_600 });
    await expect(notifier().send(alert)).rejects.toThrow(/Too Many|429|injected/i);
    expect(slept).toEqual([7_000, 7_000]);
  });

  test('are tried again when the server fails, with growing waits, and given up in the end', async () => {
    api.trouble('sendMessage', 500, 3);
    await notifier().send(alert);
    expect(slept).toEqual([1_000, 2_000, 4_000]);
    slept.length = 0;
    api.trouble('sendMessage', 502, 1_000);
    await expect(notifier().send(alert)).rejects.toThrow();
    expect(slept).toHaveLength(29);
    expect(Math.max(...slept)).toBe(60_000);
  });

  test('are not repeated to a chat that threw the bot out, and reach the others', async () => {
    api.trouble('sendMessage', 403, 1);
    await expect(notifier({ chats: ['1', '2'] }).send(alert)).rejects.toThrow();
    expect(api.messages).toHaveLength(1);
    expect(slept).toEqual([]);
  });

  test('never show the token, not even when nobody listens', async () => {
    await api.stop();
    const error: unknown = await notifier()
      .send(alert)
      .catch((reason: unknown) => reason);
    expect(String(error)).not.toContain(api.token);
    expect(String(error)).toMatch(/sendMessage|ECONNREFUSED/);
  });
});

describe('commands', () => {
  const said = async (count: number) =>
    eventually(`${count} answers`, () =>
      api.messages.length >= count ? api.messages.map(({ text }) => text) : undefined,
    );

  test('of a listed chat are obeyed, and resuming is asked twice', async () => {
    void notifier().listen();
    await eventually('polling', () => (api.requests.includes('deleteWebhook 200') ? true : undefined));
    api.type(owner, '/status');
    expect(await said(1)).toEqual(['Trading is active &lt;now&gt; &amp; here']);
    api.type(owner, '/positions@ato_test_bot');
    api.type(owner, '/why decision-1');
    api.type(owner, '/halt', 9_999);
    api.type(owner, '/resume yes');
    const answers = await said(5);
    expect(answers.slice(1, 4)).toEqual([
      'No open position',
      'story of decision-1',
      'Trading is halted now.',
    ]);
    expect(answers[4]).toContain('Send /resume yes within 60 s');
    expect(commanded).toEqual([`halt telegram ${owner}`]);
    api.type(owner, '/resume yes');
    await said(6);
    expect(commanded[1]).toBe(`resume telegram ${owner}`);
    api.type(owner, '/resume', 600);
    expect((await said(7)).at(-1)).toContain('too old');
  });

  test('in capitals and with more words are obeyed all the same, but for another bot they are not', async () => {
    void notifier().listen();
    await eventually('polling', () => (api.requests.includes('deleteWebhook 200') ? true : undefined));
    api.type(owner, '/halt@another_bot');
    api.type(owner, '/Halt now please');
    expect(await said(1)).toEqual(['Trading is halted now.']);
    api.type(owner, '/resume');
    api.type(owner, '/resume yes or no');
    const answers = await said(3);
    expect(answers[2], 'only a plain yes loosens').toContain('Send /resume yes within 60 s');
    expect(commanded).toEqual([`halt telegram ${owner}`]);
  });

  test('of strangers, and what was typed before the start, do nothing at all', async () => {
    api.type(owner, '/halt');
    void notifier().listen();
    await eventually('polling', () => (api.requests.includes('deleteWebhook 200') ? true : undefined));
    for (let i = 0; i < 5; i++) api.type(stranger, '/halt');
    api.type(owner, 'halt everything please /halt');
    api.type(owner, '/unknown');
    expect(await said(1)).toHaveLength(1);
    expect(commanded).toEqual([]);
    expect(logged.filter((line) => line.includes('not in TELEGRAM_CHAT_ID'))).toHaveLength(1);
    expect(api.messages.every(({ chat_id }) => chat_id === String(owner))).toBe(true);
  });

  test('reconnect with growing waits while another reader is there, and stop on a wrong token', async () => {
    api.trouble('getUpdates', 409, 3);
    void notifier().listen();
    await eventually('a third wait', () => (slept.length >= 3 ? true : undefined));
    expect(slept.slice(0, 3)).toEqual([5_000, 10_000, 20_000]);
    api.type(owner, '/status');
    expect(await said(1)).toHaveLength(1);
    await notifier({ token: '999999:wrong-token-that-is-long-enough' }).listen();
    expect(logged.at(-1)).toMatch(/^error Telegram refuses the bot/);
    expect(logged.join()).not.toContain('wrong-token');
  });
});
