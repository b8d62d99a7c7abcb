-- Tables and their columns, as documented in docs/schema.md.
SELECT t.name, t.engine, t.comment, t.sorting_key, t.partition_key,
    extract(t.create_table_query, 'TTL (.+?) (?:SETTINGS|COMMENT)'),
    c.name, c.type, if(c.default_kind = 'ALIAS', c.default_expression, ''), c.compression_codec, c.comment
FROM system.tables AS t
INNER JOIN system.columns AS c ON c.database = t.database AND c.table = t.name
WHERE t.database = currentDatabase()
ORDER BY t.engine = 'View', t.name, c.position
