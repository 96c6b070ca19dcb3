import type { Key, Translate } from './language'

/** What the screen calls a field of a request. */
const LABELS: Record<string, Key> = {
  temperature: 'temperature.label',
  top_p: 'top_p.label',
  top_k: 'top_k.label',
  repetition_penalty: 'repetition.label',
  max_tokens: 'max_tokens.label',
  seed: 'seed.label',
  stop: 'stops.label',
  title: 'prompts.name',
}

/** The one error shape of /v1 and /api: {"error": {message, message_ko?, type, param, code}}. */
export class ApiError extends Error {
  readonly status: number
  /** The whole answer: a refused save brings the text that it would have overwritten. */
  readonly body: unknown
  readonly param: string | null
  readonly code: string | null
  readonly messageKo: string | null
  readonly retrySeconds: number | null

  constructor(status: number, body: unknown, retryAfter: string | null = null) {
    const error = (body as { error?: Record<string, unknown> } | null)?.error ?? {}
    super(typeof error.message === 'string' ? error.message : `HTTP ${status}`)
    this.status = status
    this.body = body
    this.param = typeof error.param === 'string' ? error.param : null
    this.code = typeof error.code === 'string' ? error.code : null
    this.messageKo = typeof error.message_ko === 'string' ? error.message_ko : null
    this.retrySeconds = retryAfter && /^\d+$/.test(retryAfter) ? Number(retryAfter) : null
  }
}

/** One sentence for a person, and the server's technical words where they add something. */
export function explain(error: unknown, t: Translate, korean: boolean): { sentence: string; detail: string | null } {
  if (!(error instanceof ApiError)) {
    // fetch rejects with a TypeError when no server answers.
    if (error instanceof TypeError) return { sentence: t('error.unreachable'), detail: null }
    return { sentence: t('error.unknown'), detail: error instanceof Error ? error.message : String(error) }
  }
  const detail = (korean && error.messageKo) || error.message
  // What the page calls a field goes before what the server calls it.
  const label = error.param ? LABELS[error.param.replace(/^decoding\./, '')] : undefined
  if (error.code === 'context_length_exceeded') return { sentence: t('error.context'), detail }
  if (error.status === 400 && label) return { sentence: t('error.field', { field: t(label) }), detail }
  if (korean && error.messageKo) return { sentence: error.messageKo, detail: null }
  if (error.code === 'no_model' || error.status === 503) return { sentence: t('error.no_model'), detail: null }
  if (error.code === 'store_full') return { sentence: t('error.store_full'), detail: null }
  if (error.status === 429) return { sentence: t('error.busy', { seconds: error.retrySeconds ?? 1 }), detail: null }
  if (error.status === 413) return { sentence: t('error.too_large'), detail: error.message }
  if (error.status === 404) return { sentence: t('error.not_found'), detail: error.message }
  if (error.status === 401 || error.status === 403) return { sentence: t('error.refused'), detail: error.message }
  if (error.param) return { sentence: t('error.field', { field: error.param }), detail: error.message }
  if (error.status >= 500) return { sentence: t('error.server'), detail: error.message }
  return { sentence: t('error.request'), detail: error.message }
}
