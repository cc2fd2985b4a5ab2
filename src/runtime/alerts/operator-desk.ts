// Answers and commands for chats, from committed rows and through the same commands as the API.
// It must never do more than the API can.
import { storyOf } from '../../api/story.ts';
import type { OperatorCommand } from '../../shared/bus/catalogue.ts';
import { isMessage } from '../../shared/bus/message.ts';
import type { OperatorDesk } from '../../shared/ports/operator-desk.ts';
import type { ApiParts } from '../system/api-wiring.ts';

const maxLines = 30;
const maxIncidents = 10;

type DeskParts = Pick<ApiParts, 'clock' | 'loop' | 'rows' | 'settings' | 'reader' | 'market'>;

export function operatorDesk(parts: DeskParts): OperatorDesk {
  return {
    status: () => status(parts),
    positions: () => positions(parts),
    halt: (by) => command(parts, 'halt', by),
    resume: (by) => command(parts, 'resume', by),
    why: (id) => why(parts, id),
  };
}

async function status({ rows, settings, reader, market, clock }: DeskParts): Promise<string> {
  const [trading] = [...rows.all('trading_state')].map(([, row]) => row);
  const mandate = rows.get('mandates', 'current');
  const [equity] = await reader.list('equity', { limit: 1 });
  const incidents = await reader.list('incidents', { limit: maxIncidents, open: true });
  const open = [...rows.all('positions')].filter(([, position]) => position.open).length;
  const age = mandate === undefined ? '' : ` until ${new Date(mandate.expires_at).toISOString()}`;
  return [
    `${settings.ATO_MODE} trading, prices ${market.kind}, ${new Date(clock.now()).toISOString()}`,
    `Trading is ${trading?.state ?? 'not known yet'}${trading?.reason ? `: ${trading.reason}` : ''}`,
    mandate === undefined ? 'No mandate yet' : `Mode ${mandate.mode}${age}`,
    `${open} open position(s)${equity === undefined ? '' : `, equity ${equity.equity}, drawdown ${equity.drawdown_pct} %`}`,
    incidents.length === 0 ? 'No open incident' : 'Open incidents:',
    ...incidents.map(({ severity, summary }) => `- [${severity}] ${summary}`),
  ].join('\n');
}

async function positions({ rows }: DeskParts): Promise<string> {
  const open = [...rows.all('positions')].map(([, position]) => position).filter((one) => one.open);
  if (open.length === 0) return 'No open position';
  const lines = open.map(
    (one) =>
      `${one.symbol} ${one.side} ${one.quantity} at ${one.average_entry_price}, stop ${one.stop_price ?? 'none'}, target ${one.target_price ?? 'none'}`,
  );
  return lines.slice(0, maxLines).join('\n');
}

async function command({ loop, clock }: DeskParts, wanted: 'halt' | 'resume', by: string): Promise<string> {
  const data: OperatorCommand = {
    command: wanted,
    by: by.slice(0, 64),
    reason: 'asked in a chat',
    symbol: null,
    dry_run: false,
  };
  const record = await loop.postAndWait({
    from: 'operator',
    message_type: 'operator.command',
    data,
    at: clock.now(),
  });
  const changed = record.emitted.find((message) => isMessage(message, 'trading.state_changed'));
  if (changed === undefined) return `Nothing changed: trading was already so, or it does not answer now.`;
  return `Trading is ${changed.data.state} now.`;
}

async function why({ reader }: DeskParts, id: string | undefined): Promise<string> {
  const [newest] = id === undefined ? await reader.list('decisions', { limit: 1 }) : [];
  const wanted = id ?? newest?.id;
  if (wanted === undefined) return 'There is no decision yet';
  const story = await storyOf(wanted, reader);
  if (story === undefined) return `Nothing is known under ${wanted}`;
  const more = story.lines.length > maxLines ? [`... ato explain ${wanted} tells the rest`] : [];
  return [...story.lines.slice(0, maxLines), ...more].join('\n');
}
