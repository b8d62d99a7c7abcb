-- Whether a row is in the chosen slice; '*' is all.
(provider IN (${provider:singlequote}) OR '*' IN (${provider:singlequote}))
    AND (unit IN (${unit:singlequote}) OR '*' IN (${unit:singlequote}))
    AND (system IN (${system:singlequote}) OR '*' IN (${system:singlequote}))
