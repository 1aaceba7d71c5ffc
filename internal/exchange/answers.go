package exchange

import "github.com/agentexchange/agentexchange/internal/idempotency"

// keysOf returns the keys of the idempotent requests among the jobs.
func keysOf(jobs []*job) []idempotency.Key {
	var keys []idempotency.Key
	for _, j := range jobs {
		if j.idempotent != nil {
			keys = append(keys, j.idempotent.Key)
		}
	}
	return keys
}

// once returns the stored answer to a job, or judges the job and stores its answer. An error is that of the whole batch.
func (b *batch) once(j *job) (o outcome, err error) {
	if j.idempotent == nil {
		return b.judge(j), nil
	}
	if o.stored, o.err = b.answers.Find(j.idempotent.Key); o.stored != nil || o.err != nil {
		return o, nil //nolint:nilerr // a refusal is this job's outcome
	}
	o = b.judge(j)
	encoded, err := j.idempotent.Encode(Placed{Order: o.order, Existed: o.existed}, o.err)
	if err != nil || encoded == nil {
		return o, err
	}
	return o, b.answers.Add(j.idempotent.Key, encoded)
}
