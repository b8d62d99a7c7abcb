-- The latest run of judging of the latest month that was judged by the end of the shown time.
SELECT run FROM judge_runs WHERE month <= toDate($__toTime, 'Asia/Shanghai') ORDER BY month DESC, run DESC LIMIT 1
