/** Shapes of the answers of /api/jobs (malmoi/studio/jobs/models.py). Times are seconds since 1970. */

export type JobState =
  'queued' | 'starting' | 'running' | 'stopping' | 'waiting' | 'stopped' | 'finished' | 'failed' | 'lost'

export interface JobProgress {
  label: string
  done: number
  total: number
  since: number
  since_done: number
  time: number
}

export interface Job {
  id: string
  run: string
  owner: string
  command: string
  state: JobState
  since: number
  submitted_at: number
  attempt: number
  exit_code: number | null
  goes_on_at: number | null
  progress: JobProgress | null
}

export interface JobPage {
  jobs: Job[]
  next: string | null
}

export interface JobDetail extends Job {
  argv: string[]
  line: string
  process: { host: string; pid: number } | null
  alive_at: number | null
  log_bytes: number
}

export interface JobLog {
  text: string
  start: number
  next: number
  size: number
}

export interface Startable {
  commands: string[]
  recipes: { name: string; run: string }[]
  runs: string[]
}

export type Value = string | number | boolean | string[] | number[]

export interface JobField {
  key: string
  type: 'int' | 'float' | 'text' | 'bool' | 'choice' | 'texts' | 'numbers' | 'flag'
  choices: string[]
  value: Value | null
  default: Value | null
  about: string
}

export interface JobForm {
  command: string
  recipe: string
  run: string
  groups: { name: string; about: string; fields: JobField[] }[]
  options: JobField[]
}

export interface JobAsked {
  command: string
  recipe: string
  run: string
  changes: Record<string, Value>
  options: Record<string, Value>
}

export interface JobWords {
  argv: string[]
  line: string
  busy: string[]
  wrong: string
}

export interface JobPlan {
  text: string
  wrong: string
}
