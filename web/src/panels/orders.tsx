// Orders with those of unknown outcome first and marked: a person may have to act on them.
import { isFinalOrder, orderRank } from '../fold.ts';
import { formatName, formatPrice, formatQuantity, formatText } from '../format.ts';
import { t } from '../i18n.ts';
import type { Order } from '../rows.ts';
import { useDashboard } from '../store.ts';
import { toneOf } from '../tones.ts';
import { Badge, Empty, Panel, Scroll, Time } from '../ui.tsx';

const finalShown = 20;

function OrderRow({ order }: { order: Order }) {
  const unknown = order.state === 'unknown';
  return (
    <tr class={unknown ? 'alarming' : isFinalOrder(order) ? 'final' : ''} title={order.reason ?? undefined}>
      <td>
        <Time at={order.created_at} />
      </td>
      <th scope="row">{formatText(order.symbol)}</th>
      <td>
        <Badge tone={toneOf(order.side)}>{formatText(order.side)}</Badge> {formatText(order.leg)}
      </td>
      <td class="number">
        {order.filled_quantity === order.quantity
          ? formatQuantity(order.quantity)
          : `${formatQuantity(order.filled_quantity)} / ${formatQuantity(order.quantity)}`}
      </td>
      <td class="number">
        {order.average_price !== null
          ? formatPrice(order.average_price)
          : order.price === null
            ? formatText(order.type)
            : formatPrice(order.price)}
      </td>
      <td>
        <Badge tone={toneOf(order.state)}>{formatName(order.state)}</Badge>
      </td>
    </tr>
  );
}

export function Orders() {
  const orders = useDashboard((state) => state.orders);
  const working = orders.filter((row) => !isFinalOrder(row));
  const shown = [
    ...working.toSorted((left, right) => orderRank(left) - orderRank(right)),
    ...orders.filter(isFinalOrder).slice(0, finalShown),
  ];
  const unknown = working.filter((row) => row.state === 'unknown').length;
  return (
    <Panel
      area="orders"
      title={t('orders')}
      part="orders"
      aside={<span class="count">{working.length}</span>}
    >
      {unknown > 0 && (
        <p class="part-failed" role="alert">
          {t('unknownOrders')}: {unknown}. {t('unknownOrderNote')}
        </p>
      )}
      <Scroll label={t('orders')}>
        {shown.length === 0 ? (
          <Empty part="orders" word="noOrders" />
        ) : (
          <table>
            <thead>
              <tr>
                <th scope="col">{t('time')}</th>
                <th scope="col">{t('symbol')}</th>
                <th scope="col">{t('side')}</th>
                <th scope="col" class="number">
                  {t('filled')}
                </th>
                <th scope="col" class="number">
                  {t('price')}
                </th>
                <th scope="col">{t('state')}</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((row) => (
                <OrderRow key={row.id} order={row} />
              ))}
            </tbody>
          </table>
        )}
      </Scroll>
    </Panel>
  );
}
