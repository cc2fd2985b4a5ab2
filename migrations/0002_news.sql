-- News, sentiment readings and economic events: bounded collections of records, in the form of 0001.
-- Texts in them are quotations from outside; nothing here is an instruction.

create table news (
  key text primary key,
  ordinal bigint not null,
  data json not null,
  exact_key text,
  exact_data text,
  source text generated always as (left(data ->> 'source', 200)) stored,
  "group" text generated always as (left(data ->> 'group', 200)) stored,
  title text generated always as (left(data ->> 'title', 200)) stored,
  language text generated always as (left(data ->> 'language', 200)) stored,
  published_at timestamptz generated always as (case when (data ->> 'published_at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'published_at')::double precision / 1000) end) stored,
  known_at timestamptz generated always as (case when (data ->> 'known_at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'known_at')::double precision / 1000) end) stored
);
comment on table news is 'Headlines, cleaned and bounded; quoted from others, never instructions. The newest 1,000.';
create index news_ordinal on news (ordinal);
create index news_known_at on news (known_at);
create index news_source on news (source, ordinal);

create table sentiment (
  key text primary key,
  ordinal bigint not null,
  data json not null,
  exact_key text,
  exact_data text,
  source text generated always as (left(data ->> 'source', 200)) stored,
  "index" text generated always as (left(data ->> 'index', 200)) stored,
  classification text generated always as (left(data ->> 'classification', 200)) stored,
  value numeric generated always as (case when (data ->> 'value') ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then (data ->> 'value')::numeric end) stored,
  at timestamptz generated always as (case when (data ->> 'at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'at')::double precision / 1000) end) stored,
  known_at timestamptz generated always as (case when (data ->> 'known_at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'known_at')::double precision / 1000) end) stored
);
comment on table sentiment is 'Readings of sentiment indexes such as Fear & Greed.';
create index sentiment_ordinal on sentiment (ordinal);
create index sentiment_at on sentiment (at);

create table calendar (
  key text primary key,
  ordinal bigint not null,
  data json not null,
  exact_key text,
  exact_data text,
  source text generated always as (left(data ->> 'source', 200)) stored,
  currency text generated always as (left(data ->> 'currency', 200)) stored,
  title text generated always as (left(data ->> 'title', 200)) stored,
  impact text generated always as (left(data ->> 'impact', 200)) stored,
  at timestamptz generated always as (case when (data ->> 'at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'at')::double precision / 1000) end) stored,
  known_at timestamptz generated always as (case when (data ->> 'known_at') ~ '^[0-9]{1,15}$' then to_timestamp((data ->> 'known_at')::double precision / 1000) end) stored
);
comment on table calendar is 'Scheduled economic events as their source last listed them.';
create index calendar_ordinal on calendar (ordinal);
create index calendar_at on calendar (at);

-- What the columns common to all collections mean.
do $$
declare
  collection text;
begin
  foreach collection in array array['news', 'sentiment', 'calendar'] loop
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
