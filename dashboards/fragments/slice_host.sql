-- Whether a row is of a chosen host; host is provider/host_id, since ids are unique with a provider only.
{{slice}}
    AND (concat(provider, '/', host_id) IN (${host:singlequote}) OR '*' IN (${host:singlequote}))
