-- Users with which Grafana asks a ClickHouse server. Made from collector/store/slices.yaml by
-- `make docs`; run the parts that you need as an administrator, with database yunjian in place.
-- The embedded engine needs none of this: there the collector's query door does it.
--
-- Put passwords in the place of CHANGE_ME. A table with a policy shows all its rows to those
-- for whom it has none, the collector included, only where users_without_row_policies_can_read_rows
-- is true in access_control_improvements, as it is in ClickHouse's own configuration. On a cluster
-- add ON CLUSTER '{cluster}' to each statement, and name NAME_local in policies and grants too.

-- Part 1: what all of them share. Reading only, within limits that a client may tighten and not widen.
CREATE SETTINGS PROFILE IF NOT EXISTS yunjian_grafana SETTINGS
    readonly = 2,
    max_execution_time = 30 MIN 1 MAX 60,
    max_result_rows = 200000 MAX 200000,
    max_result_bytes = 33554432 MAX 33554432,
    max_memory_usage = 1073741824 MAX 1073741824,
    max_threads = 2 MAX 4,
    max_concurrent_queries_for_user = 20 MAX 20,
    allow_introspection_functions = 0 CONST,
    additional_table_filters = '{}' CONST,
    add_http_cors_header = 0 CONST;

CREATE QUOTA IF NOT EXISTS yunjian_grafana KEYED BY user_name
    FOR INTERVAL 1 minute MAX queries = 3000, FOR INTERVAL 1 hour MAX execution_time = 3600
    TO yunjian_grafana_office;

-- Part 2: the office sees all tables.
CREATE USER IF NOT EXISTS yunjian_grafana_office IDENTIFIED WITH sha256_password BY 'CHANGE_ME' SETTINGS PROFILE 'yunjian_grafana';

GRANT SELECT ON yunjian.* TO yunjian_grafana_office;

-- Part 3: once for each provider; write the id of the provider, as in the inventory, for PROVIDER.
CREATE USER IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` IDENTIFIED WITH sha256_password BY 'CHANGE_ME' SETTINGS PROFILE 'yunjian_grafana';

ALTER QUOTA yunjian_grafana TO yunjian_grafana_office, `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.allocation_daily TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.allocation_daily FOR SELECT USING provider = 'PROVIDER' TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.allocations TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.calendar_years TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.closed_months TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.exemptions TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.filing_events TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.filing_events FOR SELECT USING provider = 'PROVIDER' TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.filing_states TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.filing_states FOR SELECT USING provider = 'PROVIDER' TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.findings TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.findings FOR SELECT USING provider = 'PROVIDER' TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.flavors TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.guard_observations TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.guard_observations FOR SELECT USING provider = 'PROVIDER' TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.host_identity TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.host_identity FOR SELECT USING host IN (SELECT host FROM yunjian.hosts WHERE provider = 'PROVIDER') TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.hosts TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.hosts FOR SELECT USING provider = 'PROVIDER' TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.information_systems TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.inventory_exemptions TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.inventory_exemptions FOR SELECT USING subject_kind = 'information_system' AND subject IN (SELECT system FROM yunjian.inventory_hosts WHERE provider = 'PROVIDER') OR subject_kind = 'host' AND subject IN (SELECT host_id FROM yunjian.inventory_hosts WHERE provider = 'PROVIDER') OR subject_kind = 'volume' AND subject IN (SELECT volume_id FROM yunjian.inventory_volumes WHERE provider = 'PROVIDER') TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.inventory_flavors TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.inventory_flavors FOR SELECT USING id IN (SELECT flavor FROM yunjian.inventory_hosts WHERE provider = 'PROVIDER') TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.inventory_hosts TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.inventory_hosts FOR SELECT USING provider = 'PROVIDER' TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT(seq) ON yunjian.inventory_imports TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.inventory_log_sources TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.inventory_log_sources FOR SELECT USING subject_kind = 'default' OR subject_kind = 'information_system' AND subject IN (SELECT system FROM yunjian.inventory_hosts WHERE provider = 'PROVIDER') OR subject_kind = 'host' AND subject IN (SELECT host_id FROM yunjian.inventory_hosts WHERE provider = 'PROVIDER') TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.inventory_platforms TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.inventory_platforms FOR SELECT USING provider = 'PROVIDER' TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.inventory_prices TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.inventory_prices FOR SELECT USING provider = 'PROVIDER' TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.inventory_providers TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.inventory_providers FOR SELECT USING id = 'PROVIDER' TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.inventory_systems TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.inventory_systems FOR SELECT USING id IN (SELECT system FROM yunjian.inventory_hosts WHERE provider = 'PROVIDER') OR id IN (SELECT system FROM yunjian.inventory_volumes WHERE provider = 'PROVIDER') TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.inventory_units TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.inventory_units FOR SELECT USING code IN (SELECT unit FROM yunjian.inventory_systems) TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.inventory_volumes TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.inventory_volumes FOR SELECT USING provider = 'PROVIDER' TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT(run, month, judged_at, open, pack_hash, program) ON yunjian.judge_runs TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.late_buckets TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.late_buckets FOR SELECT USING host IN (SELECT host FROM yunjian.hosts WHERE provider = 'PROVIDER') TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.log_downtime TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.log_downtime FOR SELECT USING host IN (SELECT host FROM yunjian.hosts WHERE provider = 'PROVIDER') TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.log_events TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.log_events FOR SELECT USING host IN (SELECT host FROM yunjian.hosts WHERE provider = 'PROVIDER') TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.log_evidence TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.log_evidence FOR SELECT USING host IN (SELECT host FROM yunjian.hosts WHERE provider = 'PROVIDER') TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.log_problems TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.log_problems FOR SELECT USING host IN (SELECT host FROM yunjian.hosts WHERE provider = 'PROVIDER') TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.log_progress TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.log_progress FOR SELECT USING host IN (SELECT host FROM yunjian.hosts WHERE provider = 'PROVIDER') TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.log_requirements TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.log_sources TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.log_sources FOR SELECT USING host IN (SELECT host FROM yunjian.hosts WHERE provider = 'PROVIDER') TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.log_store_hosts TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.log_store_hosts FOR SELECT USING provider = 'PROVIDER' TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.log_store_surveys TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.log_store_surveys FOR SELECT USING provider = 'PROVIDER' TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT(month, version, closed_at, run, reason, by, program, row_version) ON yunjian.month_closes TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.month_facts TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.month_facts FOR SELECT USING provider = 'PROVIDER' TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.platforms TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.power_events TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.power_events FOR SELECT USING host IN (SELECT host FROM yunjian.hosts WHERE provider = 'PROVIDER') TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.proposal_events TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.proposal_events FOR SELECT USING proposal IN (SELECT proposal FROM yunjian.proposals WHERE has(providers, 'PROVIDER')) TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.proposal_states TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.proposal_states FOR SELECT USING provider = 'PROVIDER' TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.proposals TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.proposals FOR SELECT USING has(providers, 'PROVIDER') TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.providers TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.quarantine TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.quarantine FOR SELECT USING provider = 'PROVIDER' TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.recommendations TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.recommendations FOR SELECT USING provider = 'PROVIDER' TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.record_imports TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.record_imports FOR SELECT USING provider = 'PROVIDER' TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.records TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.records FOR SELECT USING provider = 'PROVIDER' TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.retention_verdicts TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.retention_verdicts FOR SELECT USING provider = 'PROVIDER' TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.samples TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.samples FOR SELECT USING host IN (SELECT host FROM yunjian.hosts WHERE provider = 'PROVIDER') TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.units TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.usage TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.usage FOR SELECT USING host IN (SELECT host FROM yunjian.hosts WHERE provider = 'PROVIDER') TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.usage_5m TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.usage_5m FOR SELECT USING host IN (SELECT host FROM yunjian.hosts WHERE provider = 'PROVIDER') TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.usage_device TO `yunjian_grafana_provider_PROVIDER`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_provider_PROVIDER` ON yunjian.usage_device FOR SELECT USING host IN (SELECT host FROM yunjian.hosts WHERE provider = 'PROVIDER') TO `yunjian_grafana_provider_PROVIDER`;

GRANT SELECT ON yunjian.volume_allocations TO `yunjian_grafana_provider_PROVIDER`;

-- Part 4: once for each unit; write the code of the unit for UNIT; history from before the collector was started is not shown, and a host that moves within a day is shown to both that day.
CREATE USER IF NOT EXISTS `yunjian_grafana_unit_UNIT` IDENTIFIED WITH sha256_password BY 'CHANGE_ME' SETTINGS PROFILE 'yunjian_grafana';

ALTER QUOTA yunjian_grafana TO yunjian_grafana_office, `yunjian_grafana_unit_UNIT`;

GRANT SELECT ON yunjian.allocation_daily TO `yunjian_grafana_unit_UNIT`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_unit_UNIT` ON yunjian.allocation_daily FOR SELECT USING unit = 'UNIT' TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT ON yunjian.calendar_years TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT ON yunjian.closed_months TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT ON yunjian.filing_events TO `yunjian_grafana_unit_UNIT`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_unit_UNIT` ON yunjian.filing_events FOR SELECT USING unit = 'UNIT' TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT ON yunjian.filing_states TO `yunjian_grafana_unit_UNIT`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_unit_UNIT` ON yunjian.filing_states FOR SELECT USING unit = 'UNIT' TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT ON yunjian.findings TO `yunjian_grafana_unit_UNIT`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_unit_UNIT` ON yunjian.findings FOR SELECT USING unit = 'UNIT' TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT ON yunjian.guard_observations TO `yunjian_grafana_unit_UNIT`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_unit_UNIT` ON yunjian.guard_observations FOR SELECT USING unit = 'UNIT' TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT ON yunjian.host_identity TO `yunjian_grafana_unit_UNIT`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_unit_UNIT` ON yunjian.host_identity FOR SELECT USING (host, toDate(at, 'Asia/Shanghai')) IN (SELECT host, day FROM yunjian.allocation_daily WHERE unit = 'UNIT') TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT ON yunjian.hosts TO `yunjian_grafana_unit_UNIT`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_unit_UNIT` ON yunjian.hosts FOR SELECT USING host IN (SELECT host FROM yunjian.allocation_daily WHERE unit = 'UNIT') TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT(run, month, judged_at, open, pack_hash, program) ON yunjian.judge_runs TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT ON yunjian.late_buckets TO `yunjian_grafana_unit_UNIT`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_unit_UNIT` ON yunjian.late_buckets FOR SELECT USING (host, toDate(first_bucket, 'Asia/Shanghai')) IN (SELECT host, day FROM yunjian.allocation_daily WHERE unit = 'UNIT') TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT ON yunjian.log_downtime TO `yunjian_grafana_unit_UNIT`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_unit_UNIT` ON yunjian.log_downtime FOR SELECT USING (host, toDate(off_at, 'Asia/Shanghai')) IN (SELECT host, day FROM yunjian.allocation_daily WHERE unit = 'UNIT') TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT ON yunjian.log_events TO `yunjian_grafana_unit_UNIT`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_unit_UNIT` ON yunjian.log_events FOR SELECT USING (host, toDate(at, 'Asia/Shanghai')) IN (SELECT host, day FROM yunjian.allocation_daily WHERE unit = 'UNIT') TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT ON yunjian.log_evidence TO `yunjian_grafana_unit_UNIT`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_unit_UNIT` ON yunjian.log_evidence FOR SELECT USING (host, toDate(at, 'Asia/Shanghai')) IN (SELECT host, day FROM yunjian.allocation_daily WHERE unit = 'UNIT') TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT ON yunjian.log_problems TO `yunjian_grafana_unit_UNIT`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_unit_UNIT` ON yunjian.log_problems FOR SELECT USING (host, toDate(at, 'Asia/Shanghai')) IN (SELECT host, day FROM yunjian.allocation_daily WHERE unit = 'UNIT') TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT ON yunjian.log_progress TO `yunjian_grafana_unit_UNIT`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_unit_UNIT` ON yunjian.log_progress FOR SELECT USING (host, toDate(at, 'Asia/Shanghai')) IN (SELECT host, day FROM yunjian.allocation_daily WHERE unit = 'UNIT') TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT ON yunjian.log_sources TO `yunjian_grafana_unit_UNIT`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_unit_UNIT` ON yunjian.log_sources FOR SELECT USING (host, toDate(at, 'Asia/Shanghai')) IN (SELECT host, day FROM yunjian.allocation_daily WHERE unit = 'UNIT') TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT(month, version, closed_at, run, reason, by, program, row_version) ON yunjian.month_closes TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT ON yunjian.power_events TO `yunjian_grafana_unit_UNIT`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_unit_UNIT` ON yunjian.power_events FOR SELECT USING (host, toDate(off_at, 'Asia/Shanghai')) IN (SELECT host, day FROM yunjian.allocation_daily WHERE unit = 'UNIT') TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT ON yunjian.proposal_events TO `yunjian_grafana_unit_UNIT`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_unit_UNIT` ON yunjian.proposal_events FOR SELECT USING proposal IN (SELECT proposal FROM yunjian.proposals WHERE unit = 'UNIT') TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT ON yunjian.proposal_states TO `yunjian_grafana_unit_UNIT`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_unit_UNIT` ON yunjian.proposal_states FOR SELECT USING unit = 'UNIT' TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT ON yunjian.proposals TO `yunjian_grafana_unit_UNIT`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_unit_UNIT` ON yunjian.proposals FOR SELECT USING unit = 'UNIT' TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT ON yunjian.recommendations TO `yunjian_grafana_unit_UNIT`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_unit_UNIT` ON yunjian.recommendations FOR SELECT USING unit = 'UNIT' TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT ON yunjian.retention_verdicts TO `yunjian_grafana_unit_UNIT`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_unit_UNIT` ON yunjian.retention_verdicts FOR SELECT USING unit = 'UNIT' TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT ON yunjian.samples TO `yunjian_grafana_unit_UNIT`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_unit_UNIT` ON yunjian.samples FOR SELECT USING (host, toDate(ts, 'Asia/Shanghai')) IN (SELECT host, day FROM yunjian.allocation_daily WHERE unit = 'UNIT') TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT ON yunjian.usage TO `yunjian_grafana_unit_UNIT`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_unit_UNIT` ON yunjian.usage FOR SELECT USING (host, toDate(ts, 'Asia/Shanghai')) IN (SELECT host, day FROM yunjian.allocation_daily WHERE unit = 'UNIT') TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT ON yunjian.usage_5m TO `yunjian_grafana_unit_UNIT`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_unit_UNIT` ON yunjian.usage_5m FOR SELECT USING (host, toDate(bucket, 'Asia/Shanghai')) IN (SELECT host, day FROM yunjian.allocation_daily WHERE unit = 'UNIT') TO `yunjian_grafana_unit_UNIT`;

GRANT SELECT ON yunjian.usage_device TO `yunjian_grafana_unit_UNIT`;

CREATE ROW POLICY IF NOT EXISTS `yunjian_grafana_unit_UNIT` ON yunjian.usage_device FOR SELECT USING (host, toDate(ts, 'Asia/Shanghai')) IN (SELECT host, day FROM yunjian.allocation_daily WHERE unit = 'UNIT') TO `yunjian_grafana_unit_UNIT`;

