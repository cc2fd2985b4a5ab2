-- State, records, journal and outbox of one orchestrator. Runs unchanged on PostgreSQL 15+ and on PGlite,
-- inside the schema that search_path names. Forward only: an applied file is never edited, a change is a new file.

-- The generated columns repeat fields of `data` for people and for indexes. They answer null where a field is not
-- what its column expects, because a column that exists only for people must never be able to stop a commit.
-- Written out instead of put into functions: a function call per column made a commit three times slower.

-- Where the journal ends (the tip), and where the retained part of it begins (the base).
create table store_state (
  only_row boolean primary key default true check (only_row),
  sequence bigint not null,
  hash text not null,
  last_at bigint not null,
  next_ordinal bigint not null,
  base_sequence bigint not null,
  base_hash text not null,
  base_last_at bigint not null
);
comment on table store_state is 'One row: tip of the journal chain, and base from which the retained journal continues.';
insert into store_state values (true, 0, repeat('0', 64), 0, 1, 0, repeat('0', 64), 0);

-- Moves the tip, or stops the transaction when somebody else moved it: two writers must never interleave.
create function advance_tip(
  expected_sequence bigint, expected_hash text,
  new_sequence bigint, new_hash text, new_last_at bigint, new_next_ordinal bigint
) returns void language plpgsql as $$
begin
  update store_state
    set sequence = new_sequence, hash = new_hash, last_at = new_last_at, next_ordinal = new_next_ordinal
    where sequence = expected_sequence and hash = expected_hash;
  if not found then
    raise exception 'the stored journal does not end at entry %: another process wrote to this store',
      expected_sequence using errcode = 'AT001';
  end if;
end
$$;

create table journal (
  sequence_to bigint primary key,
  sequence_from bigint not null,
  at_last timestamptz not null,
  previous_hash text not null,
  hash text not null,
  starts boolean not null,
  entries bytea not null
);
comment on table journal is 'One row per commit: the inputs and all they caused, as compressed text, chained by hash.';
comment on column journal.starts is 'Whether a start of the kernel is among the entries; a replay may begin there.';
comment on column journal.entries is 'zstd of "at:length,..." newline, then the lines one after another; lengths in UTF-16 units.';
create index journal_at_last on journal (at_last);
create index journal_starts on journal (sequence_from) where starts;

create table journal_base (
  collection text not null,
  key text not null,
  exact_key text,
  data text not null,
  primary key (collection, key)
);
comment on table journal_base is 'State as of the base: the rows from which a replay of the retained journal begins.';

create table effects (
  id text primary key,
  ordinal bigint not null,
  kind text not null,
  at timestamptz,
  data text not null
);
comment on table effects is 'Outbox: effects that were committed and are not settled yet.';

create table paper_venue (
  key text primary key,
  exact_key text,
  data text not null
);
comment on table paper_venue is 'The simulated venue''s own book; not part of the house''s state.';

create table alarms (
  key text primary key,
  ordinal bigint not null,
  data json not null,
  exact_key text,
  exact_data text,
  owner text generated always as (left(data ->> 'owner', 200)) stored,
  name text generated always as (left(data ->> 'name', 200)) stored,
  due_at timestamptz generated always as (case when (data ->> 'due_at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'due_at')::double precision / 1000) end) stored
);
comment on table alarms is 'Pending alarms of the agents; loaded whole at start.';
create index alarms_ordinal on alarms (ordinal);
create index alarms_due_at on alarms (due_at);

create table decisions (
  key text primary key,
  ordinal bigint not null,
  data json not null,
  exact_key text,
  exact_data text,
  at timestamptz generated always as (case when (data ->> 'at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'at')::double precision / 1000) end) stored,
  mode text generated always as (left(data ->> 'mode', 200)) stored,
  previous_mode text generated always as (left(data ->> 'previous_mode', 200)) stored,
  action text generated always as (left(data ->> 'action', 200)) stored,
  trigger text generated always as (left(data ->> 'trigger', 200)) stored,
  data_kind text generated always as (left(data ->> 'data_kind', 200)) stored,
  policy_version text generated always as (left(data ->> 'policy_version', 200)) stored,
  model text generated always as (left(data ->> 'model', 200)) stored,
  confidence numeric generated always as (case when (data ->> 'confidence') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'confidence')::numeric end) stored,
  next_decision_at timestamptz generated always as (case when (data ->> 'next_decision_at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'next_decision_at')::double precision / 1000) end) stored,
  successful boolean generated always as (((data -> 'outcome') ->> 'successful') = 'true') stored,
  open boolean generated always as (coalesce(data ->> 'open', 'true') <> 'false') stored
);
comment on table decisions is 'Every verdict of the orchestrator with its reasons and, later, its outcome.';
create index decisions_ordinal on decisions (ordinal);
create index decisions_open on decisions (ordinal) where open;
create index decisions_at on decisions (at);
create index decisions_mode on decisions (mode, ordinal);
create index decisions_action on decisions (action, ordinal);

create table tasks (
  key text primary key,
  ordinal bigint not null,
  data json not null,
  exact_key text,
  exact_data text,
  kind text generated always as (left(data ->> 'kind', 200)) stored,
  state text generated always as (left(data ->> 'state', 200)) stored,
  agent text generated always as (left(data ->> 'agent', 200)) stored,
  runner text generated always as (left(data ->> 'runner', 200)) stored,
  decision_id text generated always as (left(data ->> 'decision_id', 200)) stored,
  attempts numeric generated always as (case when (data ->> 'attempts') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'attempts')::numeric end) stored,
  slot_at timestamptz generated always as (case when (data ->> 'slot_at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'slot_at')::double precision / 1000) end) stored,
  queued_at timestamptz generated always as (case when (data ->> 'queued_at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'queued_at')::double precision / 1000) end) stored,
  started_at timestamptz generated always as (case when (data ->> 'started_at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'started_at')::double precision / 1000) end) stored,
  finished_at timestamptz generated always as (case when (data ->> 'finished_at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'finished_at')::double precision / 1000) end) stored,
  deadline_at timestamptz generated always as (case when (data ->> 'deadline_at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'deadline_at')::double precision / 1000) end) stored,
  open boolean generated always as (coalesce(data ->> 'open', 'true') <> 'false') stored
);
comment on table tasks is 'Durable pieces of work: what ran when, and how it ended.';
create index tasks_ordinal on tasks (ordinal);
create index tasks_open on tasks (ordinal) where open;
create index tasks_slot_at on tasks (slot_at);
create index tasks_kind on tasks (kind, ordinal);
create index tasks_state on tasks (state, ordinal);
create index tasks_decision_id on tasks (decision_id, ordinal);

create table mandates (
  key text primary key,
  ordinal bigint not null,
  data json not null,
  exact_key text,
  exact_data text,
  decision_id text generated always as (left(data ->> 'decision_id', 200)) stored,
  mode text generated always as (left(data ->> 'mode', 200)) stored,
  risk_appetite numeric generated always as (case when (data ->> 'risk_appetite') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'risk_appetite')::numeric end) stored,
  issued_at timestamptz generated always as (case when (data ->> 'issued_at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'issued_at')::double precision / 1000) end) stored,
  expires_at timestamptz generated always as (case when (data ->> 'expires_at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'expires_at')::double precision / 1000) end) stored
);
comment on table mandates is 'The standing permission to trade; the newest unexpired one counts.';
create index mandates_ordinal on mandates (ordinal);
create index mandates_issued_at on mandates (issued_at);

create table signals (
  key text primary key,
  ordinal bigint not null,
  data json not null,
  exact_key text,
  exact_data text,
  signal_id text generated always as (left(data ->> 'signal_id', 200)) stored,
  action text generated always as (left(data ->> 'action', 200)) stored,
  symbol text generated always as (left(data ->> 'symbol', 200)) stored,
  strategy text generated always as (left(data ->> 'strategy', 200)) stored,
  timeframe text generated always as (left(data ->> 'timeframe', 200)) stored,
  task_id text generated always as (left(data ->> 'task_id', 200)) stored,
  confidence numeric generated always as (case when (data ->> 'confidence') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'confidence')::numeric end) stored,
  reference_price numeric generated always as (case when (data ->> 'reference_price') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'reference_price')::numeric end) stored,
  average_true_range numeric generated always as (case when (data ->> 'average_true_range') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'average_true_range')::numeric end) stored,
  issued_at timestamptz generated always as (case when (data ->> 'issued_at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'issued_at')::double precision / 1000) end) stored,
  expires_at timestamptz generated always as (case when (data ->> 'expires_at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'expires_at')::double precision / 1000) end) stored
);
comment on table signals is 'The analyst''s dated claims; never a quantity.';
create index signals_ordinal on signals (ordinal);
create index signals_issued_at on signals (issued_at);
create index signals_symbol on signals (symbol, ordinal);
create index signals_task_id on signals (task_id, ordinal);

create table refusals (
  key text primary key,
  ordinal bigint not null,
  data json not null,
  exact_key text,
  exact_data text,
  signal_id text generated always as (left(data ->> 'signal_id', 200)) stored,
  symbol text generated always as (left(data ->> 'symbol', 200)) stored,
  code text generated always as (left(data ->> 'code', 200)) stored,
  correlation_id text generated always as (left(data ->> 'correlation_id', 200)) stored,
  limit_value text generated always as (left(data ->> 'limit', 200)) stored,
  actual_value text generated always as (left(data ->> 'actual', 200)) stored,
  at timestamptz generated always as (case when (data ->> 'at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'at')::double precision / 1000) end) stored
);
comment on table refusals is 'What the risk rules refused, with limit and actual.';
create index refusals_ordinal on refusals (ordinal);
create index refusals_at on refusals (at);
create index refusals_code on refusals (code, ordinal);
create index refusals_signal_id on refusals (signal_id, ordinal);

create table orders (
  key text primary key,
  ordinal bigint not null,
  data json not null,
  exact_key text,
  exact_data text,
  id text generated always as (left(data ->> 'id', 200)) stored,
  client_order_id text generated always as (left(data ->> 'client_order_id', 200)) stored,
  symbol text generated always as (left(data ->> 'symbol', 200)) stored,
  side text generated always as (left(data ->> 'side', 200)) stored,
  type text generated always as (left(data ->> 'type', 200)) stored,
  leg text generated always as (left(data ->> 'leg', 200)) stored,
  state text generated always as (left(data ->> 'state', 200)) stored,
  signal_id text generated always as (left(data ->> 'signal_id', 200)) stored,
  position_id text generated always as (left(data ->> 'position_id', 200)) stored,
  correlation_id text generated always as (left(data ->> 'correlation_id', 200)) stored,
  quantity numeric generated always as (case when (data ->> 'quantity') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'quantity')::numeric end) stored,
  price numeric generated always as (case when (data ->> 'price') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'price')::numeric end) stored,
  filled_quantity numeric generated always as (case when (data ->> 'filled_quantity') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'filled_quantity')::numeric end) stored,
  average_price numeric generated always as (case when (data ->> 'average_price') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'average_price')::numeric end) stored,
  fees numeric generated always as (case when (data ->> 'fees') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'fees')::numeric end) stored,
  created_at timestamptz generated always as (case when (data ->> 'created_at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'created_at')::double precision / 1000) end) stored,
  updated_at timestamptz generated always as (case when (data ->> 'updated_at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'updated_at')::double precision / 1000) end) stored,
  open boolean generated always as (coalesce(data ->> 'open', 'true') <> 'false') stored
);
comment on table orders is 'Orders as trading remembers them; amounts are exact decimals.';
create index orders_ordinal on orders (ordinal);
create index orders_open on orders (ordinal) where open;
create index orders_created_at on orders (created_at);
create index orders_symbol on orders (symbol, ordinal);
create index orders_state on orders (state, ordinal);
create index orders_client_order_id on orders (client_order_id, ordinal);
create index orders_position_id on orders (position_id, ordinal);
create index orders_signal_id on orders (signal_id, ordinal);
create index orders_correlation_id on orders (correlation_id, ordinal);

create table fills (
  key text primary key,
  ordinal bigint not null,
  data json not null,
  exact_key text,
  exact_data text,
  client_order_id text generated always as (left(data ->> 'client_order_id', 200)) stored,
  symbol text generated always as (left(data ->> 'symbol', 200)) stored,
  side text generated always as (left(data ->> 'side', 200)) stored,
  liquidity text generated always as (left(data ->> 'liquidity', 200)) stored,
  quantity numeric generated always as (case when (data ->> 'quantity') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'quantity')::numeric end) stored,
  price numeric generated always as (case when (data ->> 'price') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'price')::numeric end) stored,
  fee numeric generated always as (case when (data ->> 'fee') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'fee')::numeric end) stored,
  at timestamptz generated always as (case when (data ->> 'at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'at')::double precision / 1000) end) stored
);
comment on table fills is 'Executed trades as reported by the broker; one row per trade id.';
create index fills_ordinal on fills (ordinal);
create index fills_at on fills (at);
create index fills_symbol on fills (symbol, ordinal);
create index fills_client_order_id on fills (client_order_id, ordinal);

create table positions (
  key text primary key,
  ordinal bigint not null,
  data json not null,
  exact_key text,
  exact_data text,
  symbol text generated always as (left(data ->> 'symbol', 200)) stored,
  side text generated always as (left(data ->> 'side', 200)) stored,
  signal_id text generated always as (left(data ->> 'signal_id', 200)) stored,
  correlation_id text generated always as (left(data ->> 'correlation_id', 200)) stored,
  close_reason text generated always as (left(data ->> 'close_reason', 200)) stored,
  quantity numeric generated always as (case when (data ->> 'quantity') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'quantity')::numeric end) stored,
  average_entry_price numeric generated always as (case when (data ->> 'average_entry_price') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'average_entry_price')::numeric end) stored,
  realised_profit numeric generated always as (case when (data ->> 'realised_profit') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'realised_profit')::numeric end) stored,
  fees numeric generated always as (case when (data ->> 'fees') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'fees')::numeric end) stored,
  stop_price numeric generated always as (case when (data ->> 'stop_price') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'stop_price')::numeric end) stored,
  target_price numeric generated always as (case when (data ->> 'target_price') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'target_price')::numeric end) stored,
  opened_at timestamptz generated always as (case when (data ->> 'opened_at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'opened_at')::double precision / 1000) end) stored,
  updated_at timestamptz generated always as (case when (data ->> 'updated_at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'updated_at')::double precision / 1000) end) stored,
  closed_at timestamptz generated always as (case when (data ->> 'closed_at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'closed_at')::double precision / 1000) end) stored,
  open boolean generated always as (coalesce(data ->> 'open', 'true') <> 'false') stored
);
comment on table positions is 'Positions, each the fold of its fills.';
create index positions_ordinal on positions (ordinal);
create index positions_open on positions (ordinal) where open;
create index positions_opened_at on positions (opened_at);
create index positions_symbol on positions (symbol, ordinal);
create index positions_signal_id on positions (signal_id, ordinal);
create index positions_correlation_id on positions (correlation_id, ordinal);

create table trading_state (
  key text primary key,
  ordinal bigint not null,
  data json not null,
  exact_key text,
  exact_data text,
  state text generated always as (left(data ->> 'state', 200)) stored,
  by text generated always as (left(data ->> 'by', 200)) stored,
  reason text generated always as (left(data ->> 'reason', 200)) stored,
  since timestamptz generated always as (case when (data ->> 'since') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'since')::double precision / 1000) end) stored
);
comment on table trading_state is 'The switch over all trading.';
create index trading_state_ordinal on trading_state (ordinal);

create table equity (
  key text primary key,
  ordinal bigint not null,
  data json not null,
  exact_key text,
  exact_data text,
  at timestamptz generated always as (case when (data ->> 'at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'at')::double precision / 1000) end) stored,
  cash numeric generated always as (case when (data ->> 'cash') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'cash')::numeric end) stored,
  equity numeric generated always as (case when (data ->> 'equity') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'equity')::numeric end) stored,
  peak_equity numeric generated always as (case when (data ->> 'peak_equity') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'peak_equity')::numeric end) stored,
  drawdown_pct numeric generated always as (case when (data ->> 'drawdown_pct') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'drawdown_pct')::numeric end) stored,
  open_positions numeric generated always as (case when (data ->> 'open_positions') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'open_positions')::numeric end) stored
);
comment on table equity is 'Points of the equity curve in account currency.';
create index equity_ordinal on equity (ordinal);
create index equity_at on equity (at);

create table incidents (
  key text primary key,
  ordinal bigint not null,
  data json not null,
  exact_key text,
  exact_data text,
  cause text generated always as (left(data ->> 'cause', 200)) stored,
  severity text generated always as (left(data ->> 'severity', 200)) stored,
  symptoms numeric generated always as (case when (data ->> 'symptoms') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'symptoms')::numeric end) stored,
  opened_at timestamptz generated always as (case when (data ->> 'opened_at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'opened_at')::double precision / 1000) end) stored,
  updated_at timestamptz generated always as (case when (data ->> 'updated_at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'updated_at')::double precision / 1000) end) stored,
  resolved_at timestamptz generated always as (case when (data ->> 'resolved_at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'resolved_at')::double precision / 1000) end) stored,
  open boolean generated always as (coalesce(data ->> 'open', 'true') <> 'false') stored
);
comment on table incidents is 'Health incidents: symptoms grouped by cause.';
create index incidents_ordinal on incidents (ordinal);
create index incidents_open on incidents (ordinal) where open;
create index incidents_opened_at on incidents (opened_at);
create index incidents_cause on incidents (cause, ordinal);

create table heals (
  key text primary key,
  ordinal bigint not null,
  data json not null,
  exact_key text,
  exact_data text,
  playbook text generated always as (left(data ->> 'playbook', 200)) stored,
  target text generated always as (left(data ->> 'target', 200)) stored,
  incident_id text generated always as (left(data ->> 'incident_id', 200)) stored,
  outcome text generated always as (left(data ->> 'outcome', 200)) stored,
  attempt numeric generated always as (case when (data ->> 'attempt') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'attempt')::numeric end) stored,
  at timestamptz generated always as (case when (data ->> 'at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'at')::double precision / 1000) end) stored,
  finished_at timestamptz generated always as (case when (data ->> 'finished_at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'finished_at')::double precision / 1000) end) stored
);
comment on table heals is 'What self-healing did, and whether it worked.';
create index heals_ordinal on heals (ordinal);
create index heals_at on heals (at);
create index heals_incident_id on heals (incident_id, ordinal);

create table dead_letters (
  key text primary key,
  ordinal bigint not null,
  data json not null,
  exact_key text,
  exact_data text,
  reason text generated always as (left(data ->> 'reason', 200)) stored,
  message_type text generated always as (left(data ->> 'message_type', 200)) stored,
  at timestamptz generated always as (case when (data ->> 'at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'at')::double precision / 1000) end) stored
);
comment on table dead_letters is 'Messages that could not be handled, with the reason; data, never instruction.';
create index dead_letters_ordinal on dead_letters (ordinal);
create index dead_letters_at on dead_letters (at);

create table source_status (
  key text primary key,
  ordinal bigint not null,
  data json not null,
  exact_key text,
  exact_data text,
  source text generated always as (left(data ->> 'source', 200)) stored,
  state text generated always as (left(data ->> 'state', 200)) stored,
  detail text generated always as (left(data ->> 'detail', 200)) stored,
  health numeric generated always as (case when (data ->> 'health') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'health')::numeric end) stored,
  latency_ms numeric generated always as (case when (data ->> 'latencyMs') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'latencyMs')::numeric end) stored,
  last_data_at timestamptz generated always as (case when (data ->> 'lastDataAt') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'lastDataAt')::double precision / 1000) end) stored,
  at timestamptz generated always as (case when (data ->> 'at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'at')::double precision / 1000) end) stored
);
comment on table source_status is 'What each market-data source says about itself.';
create index source_status_ordinal on source_status (ordinal);

create table agent_memory (
  key text primary key,
  ordinal bigint not null,
  data json not null,
  exact_key text,
  exact_data text,
  agent text generated always as (left(data ->> 'agent', 200)) stored
);
comment on table agent_memory is 'Small durable memories of the agents.';
create index agent_memory_ordinal on agent_memory (ordinal);

-- What the columns common to all collections mean.
do $$
declare
  collection text;
begin
  foreach collection in array array['alarms',
    'decisions',
    'tasks',
    'mandates',
    'signals',
    'refusals',
    'orders',
    'fills',
    'positions',
    'trading_state',
    'equity',
    'incidents',
    'heals',
    'dead_letters',
    'source_status',
    'agent_memory'] loop
    execute format('comment on column %I.data is %L', collection,
      'The row as JSON text, key order kept; cast to jsonb to query. The other columns repeat parts of it.');
    execute format('comment on column %I.ordinal is %L', collection,
      'Order of first appearance; the highest is the newest row.');
    execute format('comment on column %I.exact_key is %L', collection,
      'JSON text of the true key where key cannot hold it (NUL, lone surrogate, or too long to index).');
    execute format('comment on column %I.exact_data is %L', collection,
      'The true JSON text where data cannot hold it (NUL or lone surrogate); data then shows U+FFFD instead.');
  end loop;
end
$$;
