-- Imported records of operation and security. A row counts only once its import stands in
-- record_imports, which is written last.

-- shard: everywhere
CREATE TABLE record_imports (
    seq UInt64 COMMENT 'Number of the import: nanoseconds since 1970. Of two rows with one key that of the later import counts.',
    imported_at DateTime('Asia/Shanghai') COMMENT 'When it was imported.',
    imported_by String COMMENT 'Who imported it.',
    provider String COMMENT 'Provider of whose platforms it tells.',
    kind LowCardinality(String) COMMENT 'Kind of the records, see docs/imports.md.',
    file String COMMENT 'Name of the file.',
    sha256 String COMMENT 'SHA-256 of the file, hex.',
    first_month Nullable(Date) COMMENT 'First day of the first month that the file states completely; NULL for registers.',
    last_month Nullable(Date) COMMENT 'First day of the last one.',
    rows UInt32 COMMENT 'Rows of the file.'
) ENGINE = MergeTree
ORDER BY seq
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Completed imports of records: the sources that reports name.';

-- shard: everywhere
CREATE TABLE records (
    seq UInt64 COMMENT 'Import that brought the row.',
    provider String COMMENT 'Provider of whose platforms it tells.',
    kind LowCardinality(String) COMMENT 'Kind of the record.',
    key String COMMENT 'Values of the key columns, parted by the unit separator (0x1f).',
    fields Array(LowCardinality(String)) COMMENT 'Names of the columns that have a value, sorted.',
    contents Array(String) COMMENT 'Their values, in the form that collector/records describes.'
) ENGINE = MergeTree
ORDER BY (provider, kind, key, seq)
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Imported records; rows of an import that is not in record_imports do not exist for any reader.';
