-- Of these, the months in the shown time.
SELECT * FROM ({{filings_now}}) WHERE month >= toStartOfMonth(toDate($__fromTime, 'Asia/Shanghai')) AND month <= toDate($__toTime, 'Asia/Shanghai')
