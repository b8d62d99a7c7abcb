-- Whether a row is of a chosen provider.
(provider IN (${provider:singlequote}) OR '*' IN (${provider:singlequote}))
