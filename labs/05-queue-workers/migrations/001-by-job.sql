CREATE INDEX outputs_job_id ON outputs (job_id);
CREATE INDEX emails_sent_job_id ON emails_sent (job_id);
