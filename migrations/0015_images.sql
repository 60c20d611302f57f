-- What somebody uploaded. Two people may have the same picture; it is stored once.
create table images (
    id uuid primary key,
    -- The middle of its names, in domain/image.rs.
    hash text not null,
    uploader_id uuid not null references users (id) on delete cascade,
    -- Of the widest form, in pixels.
    width bigint not null,
    height bigint not null,
    -- The ending of its names.
    kind text not null,
    -- All forms together.
    bytes bigint not null,
    -- What it shows, in words; may be empty.
    alt text not null,
    created_at bigint not null,
    -- Since when no article shows it; null when one does, as far as was looked.
    unused_since bigint
);

create unique index images_hash_uploader on images (hash, uploader_id);
create index images_newest on images (uploader_id, created_at, id);
create index images_unused on images (unused_since) where unused_since is not null;

-- Which article shows which picture, in its text or at its head. There may be none of that hash.
create table article_images (
    article_id uuid not null references articles (id) on delete cascade,
    hash text not null,
    primary key (article_id, hash)
);

create index article_images_hash on article_images (hash);

-- Which revision shows which picture: it can be restored. The latest one is the working copy, if
-- there is one.
create table revision_images (
    article_id uuid not null,
    version bigint not null,
    hash text not null,
    primary key (article_id, version, hash),
    foreign key (article_id, version) references revisions (article_id, version)
        on delete cascade on update cascade
);

create index revision_images_hash on revision_images (hash);

-- What is shown anywhere, and so not thrown away.
create view shown_images as select hash from article_images union all select hash from revision_images;

-- Pictures that nobody has any more, until their files are deleted.
create table image_leftovers (
    hash text not null primary key,
    width bigint not null,
    kind text not null
);

-- The picture at the head of an article: the name of its widest form, or nothing.
alter table articles add column cover text not null default '';
alter table articles add column cover_alt text not null default '';
alter table working_copies add column cover text not null default '';
alter table working_copies add column cover_alt text not null default '';
alter table revisions add column cover text not null default '';
alter table revisions add column cover_alt text not null default '';
