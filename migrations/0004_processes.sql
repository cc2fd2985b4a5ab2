-- Several processes of one installation: messages between them, the lease of the one that may write, and claims on jobs.

-- Which holder of the lease may write. A commit of an earlier holder finds another number and is refused.
alter table store_state add column fence bigint not null default 0;

create function assert_fence(expected bigint) returns void language plpgsql as $$
begin
  perform 1 from store_state where fence = expected for update;
  if not found then
    raise exception 'another process has taken over since the lease number %', expected using errcode = 'AT002';
  end if;
end
$$;

create table lease (
  only_row boolean primary key default true check (only_row),
  fence bigint not null,
  holder text not null,
  renewed_at timestamptz not null,
  expires_at timestamptz not null
);
comment on table lease is 'One row: who writes here, and until when that is certain without being renewed.';

create table relay_outbox (
  key text primary key,
  ordinal bigint not null,
  data json not null,
  exact_key text,
  exact_data text
);
comment on table relay_outbox is 'Messages for agents of other processes, until these have committed them.';
create index relay_outbox_ordinal on relay_outbox (ordinal);

create table relay_links (
  key text primary key,
  ordinal bigint not null,
  data json not null,
  exact_key text,
  exact_data text
);
comment on table relay_links is 'Per agent of another process: the last message sent, and the last one committed there.';

create table relay_inbox (
  key text primary key,
  ordinal bigint not null,
  data json not null,
  exact_key text,
  exact_data text
);
comment on table relay_inbox is 'Per sending process and agent: the last message heard, so that a repetition is not heard twice.';

create table job_claims (
  effect_id text primary key references effects (id) on delete cascade,
  worker text not null,
  claim bigint not null,
  claimed_at timestamptz not null,
  expires_at timestamptz not null,
  finished_at timestamptz,
  result text
);
comment on table job_claims is 'Which worker does which job, until when without a sign of life, and what it brought.';
