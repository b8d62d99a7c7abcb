SELECT subject_kind, subject, djbh_level, status, class, stream, party, central_store, expires FROM log_requirements
ORDER BY subject_kind, subject, djbh_level, status, class, stream
