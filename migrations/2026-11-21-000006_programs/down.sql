drop table program_versions;
drop table program_drafts;
