-- Which closing of a month holds, apart from what it counted over all providers.

CREATE VIEW closed_months AS
SELECT month, max(version) AS version
FROM month_closes GROUP BY month;
