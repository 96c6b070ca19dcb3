import type { Language, Translate } from '../../i18n/language'
import { duration, moment } from '../../text/numbers'
import type { Tone } from '../../ui/StatusBadge/StatusBadge'
import type { Job, JobProgress } from '../../api/schema'

export const TONES: Record<Job['state'], Tone> = {
  queued: 'quiet',
  starting: 'working',
  running: 'working',
  stopping: 'working',
  waiting: 'warn',
  stopped: 'quiet',
  finished: 'good',
  failed: 'bad',
  lost: 'bad',
}

/** 0..1; null while nobody knows; undefined where nothing goes on. */
export function shareOf(job: Job): number | null | undefined {
  if (job.state !== 'running' && job.state !== 'stopping') return undefined
  return job.progress && job.progress.total > 0 ? job.progress.done / job.progress.total : null
}

/** Seconds until the present work is done at the pace so far; null where that cannot be said yet. */
export function leftSeconds({ done, total, since, since_done, time }: JobProgress): number | null {
  const made = done - since_done
  return made > 0 && time - since >= 5 ? ((total - done) * (time - since)) / made : null
}

/** The present stage of a whole run ("2/6 learn the tokenizer"), the label of other work where it says more than the name. */
function labelOf(job: Job, t: Translate): string[] {
  const label = shareOf(job) === undefined ? undefined : job.progress?.label
  const stage = label && /^(\d+)\/(\d+) /.exec(label)
  if (stage) return [t('jobs.stage', { at: Number(stage[1]), of: Number(stage[2]) })]
  return label && label !== job.command ? [label] : []
}

/** Since when it is in its state, what it is at, how long it still takes, and how often it was started. */
export function factsOf(job: Job, t: Translate, language: Language): string[] {
  const left = job.progress && shareOf(job) !== undefined ? leftSeconds(job.progress) : null
  return [
    moment(job.since, language),
    ...labelOf(job, t),
    ...(left === null ? [] : [t('jobs.left', { time: duration(Math.max(left, 10), language) })]),
    ...(job.attempt > 1 ? [t('jobs.attempt', { attempt: job.attempt })] : []),
    ...(job.goes_on_at === null ? [] : [t('jobs.goes_on_at', { time: moment(job.goes_on_at, language) })]),
    ...(job.state === 'failed' && job.exit_code !== null ? [t('jobs.exit_code', { code: job.exit_code })] : []),
  ]
}
