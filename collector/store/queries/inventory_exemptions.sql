SELECT subject_kind, subject, kind, reason, approver, expires FROM exemptions ORDER BY subject_kind, subject, kind
