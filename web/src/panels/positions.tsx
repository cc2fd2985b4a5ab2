// What is held now, with its protection, and what was closed last.
import { CommandButton } from '../commands.tsx';
import { formatPrice, formatQuantity, formatSignedMoney, formatText } from '../format.ts';
import { t } from '../i18n.ts';
import type { Position } from '../rows.ts';
import { useDashboard } from '../store.ts';
import { toneOf } from '../tones.ts';
import { Badge, Empty, Panel, Scroll, Time } from '../ui.tsx';

const closedShown = 8;

function signOf(value: number | null): string {
  return value === null || value === 0 ? '' : value > 0 ? 'good' : 'bad';
}

/** The account is in dollars, a profit is in what the instrument is quoted in: never one without its name. */
function inCurrency(amount: number | null, { profit_currency }: Position): string {
  const text = formatSignedMoney(amount);
  return amount === null || profit_currency === null ? text : `${text} ${profit_currency}`;
}

/** Profit not yet taken: the server's, or at the mark price that the stream brought since. */
function unrealisedOf(position: Position): number | null {
  if (position.unrealised_profit !== null) return position.unrealised_profit;
  const price = position.mark_price;
  if (price === null || position.quantity === null || position.average_entry_price === null) return null;
  const direction = position.side === 'short' ? -1 : 1;
  return (price - position.average_entry_price) * position.quantity * direction;
}

function OpenRow({ position }: { position: Position }) {
  const symbol = formatText(position.symbol);
  const profit = unrealisedOf(position);
  return (
    <tr>
      <th scope="row">{symbol}</th>
      <td>
        <Badge tone={toneOf(position.side)}>{formatText(position.side)}</Badge>
      </td>
      <td class="number">{formatQuantity(position.quantity)}</td>
      <td class="number">{formatPrice(position.average_entry_price)}</td>
      <td class="number">{position.stop_price === null ? '–' : formatPrice(position.stop_price)}</td>
      <td class="number">{position.target_price === null ? '–' : formatPrice(position.target_price)}</td>
      <td class={`number ${signOf(profit)}`}>{inCurrency(profit, position)}</td>
      <td>
        <CommandButton
          tone="quiet"
          command={{
            word: 'closePosition',
            path: '/trading/close',
            body: { symbol: position.symbol },
            confirm: { title: t('closeTitle', { symbol }), text: t('closeText') },
          }}
        />
      </td>
    </tr>
  );
}

function Closed({ positions }: { positions: readonly Position[] }) {
  return (
    <>
      <h3>{t('closedPositions')}</h3>
      <ul class="plain lines">
        {positions.slice(0, closedShown).map((row) => (
          <li key={row.id}>
            <Time at={row.closed_at} /> <strong>{formatText(row.symbol)}</strong> {formatText(row.side)}{' '}
            <span class="muted">{row.close_reason}</span>
            <b class={`number end ${signOf(row.realised_profit)}`}>{inCurrency(row.realised_profit, row)}</b>
          </li>
        ))}
      </ul>
    </>
  );
}

export function Positions() {
  const positions = useDashboard((state) => state.positions);
  const open = positions.filter((row) => row.open !== false);
  const closed = positions
    .filter((row) => row.open === false)
    .toSorted((left, right) => (right.closed_at ?? 0) - (left.closed_at ?? 0));
  return (
    <Panel
      area="positions"
      title={t('positions')}
      part="positions"
      aside={
        <>
          {open.length > 0 && (
            <CommandButton
              tone="quiet"
              command={{
                word: 'closeAll',
                path: '/trading/close-all',
                confirm: { title: t('closeAllTitle'), text: t('closeAllText') },
              }}
            />
          )}
          <span class="count">{open.length}</span>
        </>
      }
    >
      <Scroll label={t('positions')}>
        {open.length === 0 ? (
          <Empty part="positions" word="noPositions" />
        ) : (
          <table>
            <thead>
              <tr>
                <th scope="col">{t('symbol')}</th>
                <th scope="col">{t('side')}</th>
                <th scope="col" class="number">
                  {t('quantity')}
                </th>
                <th scope="col" class="number">
                  {t('entry')}
                </th>
                <th scope="col" class="number">
                  {t('stopPrice')}
                </th>
                <th scope="col" class="number">
                  {t('target')}
                </th>
                <th scope="col" class="number">
                  {t('unrealised')}
                </th>
                <th scope="col">
                  <span class="hidden">{t('closePosition')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {open.map((row) => (
                <OpenRow key={row.id} position={row} />
              ))}
            </tbody>
          </table>
        )}
        {closed.length > 0 && <Closed positions={closed} />}
      </Scroll>
    </Panel>
  );
}
