-- One picture a job: whoever comes second is told so by the database.
CREATE UNIQUE INDEX outputs_one_a_job ON outputs (job_id);
DROP INDEX outputs_job_id;
