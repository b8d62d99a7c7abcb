-- The latest run of each month that was judged.
SELECT max(run) FROM judge_runs WHERE month <= toDate($__toTime, 'Asia/Shanghai') GROUP BY month
