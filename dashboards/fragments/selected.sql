-- The chosen hosts in service at the end of the shown time.
SELECT * FROM ({{allocated}}) WHERE {{slice_host}}
