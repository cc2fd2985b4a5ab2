// The list of deliberate breakages, by name. Names are part of the command line and of docs/reliability.md.

import type { Breakage } from './breakage.ts';
import {
  alertSwallowed,
  failedQueryIsFlat,
  newIdOnResend,
  sentBeforeCommitted,
  signalsNotRecorded,
} from './broken-ports.ts';
import {
  averageOfLastFill,
  cancelIsFinal,
  exitSentTwice,
  feesForgotten,
  fillsCountedTwice,
  lateFillsIgnored,
  neverReconciled,
  newOrderOnTimeOut,
  partialFillIsWhole,
  sizedThreefold,
  stopForgottenAfterPartialClose,
  timeOutIsRejection,
  unknownNotCounted,
} from './broken-trading.ts';
import { withEdits } from './edited-agent.ts';

interface NamedBreakage {
  readonly what: string;
  /** Made anew for each run. */
  readonly make: () => Breakage;
}

export const breakages = {
  new_id_on_resend: {
    what: 'a resend gets a new client order id',
    make: () => ({ broker: keptOverRestarts(newIdOnResend) }),
  },
  new_order_on_time_out: {
    what: 'a submit that timed out is sent again at once as a new order',
    make: () => ({ agents: withEdits('trading_ai', newOrderOnTimeOut) }),
  },
  time_out_is_rejection: {
    what: 'a submit that timed out counts as rejected',
    make: () => ({ agents: withEdits('trading_ai', timeOutIsRejection) }),
  },
  unknown_not_counted: {
    what: 'an order of unknown outcome is not counted as exposure',
    make: () => ({ agents: withEdits('trading_ai', unknownNotCounted) }),
  },
  sent_before_committed: {
    what: 'effects are released before their turn is durable',
    make: () => ({ commit: sentBeforeCommitted }),
  },
  fills_counted_twice: {
    what: 'a fill that is told twice counts twice',
    make: () => ({ agents: withEdits('trading_ai', fillsCountedTwice) }),
  },
  partial_fill_is_whole: {
    what: 'a partial fill counts as the whole order',
    make: () => ({ agents: withEdits('trading_ai', partialFillIsWhole) }),
  },
  late_fills_ignored: {
    what: 'a fill of an order that had ended, or was unknown, is ignored',
    make: () => ({ agents: withEdits('trading_ai', lateFillsIgnored) }),
  },
  cancel_is_final: {
    what: 'a cancel that was asked for counts as done',
    make: () => ({ agents: withEdits('trading_ai', cancelIsFinal) }),
  },
  stop_forgotten_after_partial_close: {
    what: 'a partial close takes the stop away, and no new one is placed',
    make: () => ({ agents: withEdits('trading_ai', stopForgottenAfterPartialClose) }),
  },
  exit_sent_twice: {
    what: 'an exit is sent twice, as two orders',
    make: () => ({ agents: withEdits('trading_ai', exitSentTwice) }),
  },
  failed_query_is_flat: {
    what: 'a question to the venue that failed is read as an empty account',
    make: () => ({ broker: failedQueryIsFlat }),
  },
  never_reconciled: {
    what: 'what the venue answers when asked is not looked at',
    make: () => ({ agents: withEdits('trading_ai', neverReconciled) }),
  },
  sized_threefold: {
    what: 'entries are three times as large as approved',
    make: () => ({ agents: withEdits('trading_ai', sizedThreefold) }),
  },
  average_of_last_fill: {
    what: 'the last fill’s price is taken for the average price',
    make: () => ({ agents: withEdits('trading_ai', averageOfLastFill) }),
  },
  fees_forgotten: {
    what: 'fees are left out of the profit',
    make: () => ({ agents: withEdits('trading_ai', feesForgotten) }),
  },
  signals_not_recorded: {
    what: 'signals are acted on but not written down',
    make: () => ({ agents: withEdits('analyst_ai', signalsNotRecorded) }),
  },
  alert_swallowed: {
    what: 'no incident is opened for orders that stay unknown',
    make: () => ({ agents: withEdits('health_ai', alertSwallowed) }),
  },
  not_repeatable: {
    what: 'an agent’s rows depend on something that the journal does not hold',
    make: notRepeatable,
  },
} as const satisfies Readonly<Record<string, NamedBreakage>>;
export type BreakageName = keyof typeof breakages;
export const breakageNames = Object.keys(breakages) as BreakageName[];

/** One wrapper for the whole run: a client whose memory outlives the house. */
function keptOverRestarts<Port>(wrap: (port: Port) => Port): (port: Port) => Port {
  let kept: Port | undefined;
  return (port) => {
    kept ??= wrap(port);
    return kept;
  };
}

function notRepeatable(): Breakage {
  let count = 0;
  return {
    agents: withEdits('trading_ai', () => ({
      put: (collection, value) =>
        collection === 'orders' ? { ...value, reason: `write ${++count} of this process` } : value,
    })),
  };
}
