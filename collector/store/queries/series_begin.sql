-- The first bucket that is stored; answered from what each part notes of its partition key, without
-- reading a row. 1970 where nothing is stored.
SELECT min(bucket) FROM usage_5m
