-- Who minted a public token: the token ends with the key, or with the person's role. Null for tokens that a run has minted.
alter table public_token add column minted_by_key text;
alter table public_token add column minted_by_user text;
update public_token set minted_by_user = "user".id from "user" where "user".email = public_token.created_by;
-- The page lists the newest; what has expired is removed by age.
create index public_token_listed on public_token (environment_id, created_at desc, id desc);
create index public_token_expires on public_token (environment_id, expires_at);
