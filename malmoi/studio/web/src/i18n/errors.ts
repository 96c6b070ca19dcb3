import serve from '../../../../serve/errors.json'
import studio from '../../../errors.json'
import { fill } from '../text/josa'
import { LOCALES } from '../text/numbers'
import type { Key, Language, Translate } from './language'

type Both = { ko: string; en: string }
type Value = string | number | Both

/** The sentence of every code, or "code.variant", that the server can answer with (tests/studio/test_error_codes.py). */
const SENTENCES: Record<string, Both> = { ...serve, ...studio }

/** Their sentence says that something was refused; what it was stands in the server's own words only. */
const TOLD_BY_SERVER = new Set(['refused', 'job_refused', 'adapter_refused'])

/** Errors of the server's that pass by themselves, so that the same request may succeed a little later. */
const MAY_PASS = new Set([408, 425, 429, 500, 502, 503, 504])
const WILL_NOT_PASS = new Set(['no_model', 'jobs_not_started_here'])

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

/** The one error shape of /v1 and /api: {"error": {message, message_ko?, type, param, code, variant?, params?}}. */
export class ApiError extends Error {
  readonly status: number
  /** The whole answer: a refused save brings the text that it would have overwritten. */
  readonly body: unknown
  readonly param: string | null
  readonly code: string | null
  readonly messageKo: string | null
  /** The values of the sentence. */
  readonly params: Record<string, Value>
  private readonly variant: string | null

  constructor(status: number, body: unknown) {
    const error = (body as { error?: Record<string, unknown> } | null)?.error ?? {}
    super(text(error.message) ?? `HTTP ${status}`)
    this.status = status
    this.body = body
    this.param = text(error.param)
    this.code = text(error.code)
    this.messageKo = text(error.message_ko)
    this.variant = text(error.variant)
    this.params = (error.params as Record<string, Value> | undefined) ?? {}
  }

  /** The sentences of the code; undefined for one of another version of the server. */
  get sentences(): Both | undefined {
    return SENTENCES[this.variant ? `${this.code}.${this.variant}` : (this.code ?? '')]
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

export interface Explained {
  sentence: string
  /** The server's own words, where the sentence says nothing without them. */
  detail: string | null
  /** Whether the same request may succeed when it is sent again. */
  mayPass: boolean
}

/** An error in one sentence for a person. */
export function explain(error: unknown, t: Translate, language: Language): Explained {
  if (!(error instanceof ApiError)) {
    // fetch rejects with a TypeError when no server answers.
    if (error instanceof TypeError) return { sentence: t('error.unreachable'), detail: null, mayPass: true }
    return {
      sentence: t('error.unknown'),
      detail: error instanceof Error ? error.message : String(error),
      mayPass: true,
    }
  }
  const mayPass = MAY_PASS.has(error.status) && !WILL_NOT_PASS.has(error.code ?? '')
  const { sentences, code, message, messageKo } = error
  if (sentences) {
    const sentence = fill(sentences[language], valuesOf(error, t, language), LOCALES[language])
    return { sentence, detail: TOLD_BY_SERVER.has(code ?? '') ? message : null, mayPass }
  }
  if (language === 'ko' && messageKo) return { sentence: messageKo, detail: null, mayPass }
  return { sentence: t(error.status >= 500 ? 'error.server' : 'error.request'), detail: message, mayPass }
}

/** The values of an error's sentence in one language. A field is called what the page calls it. */
function valuesOf({ param, params }: ApiError, t: Translate, language: Language): Record<string, string | number> {
  const label = param && LABELS[param.replace(/^decoding\./, '')]
  const told = Object.entries(params).map(([name, value]) => [
    name,
    typeof value === 'object' ? value[language] : value,
  ])
  return { param: label ? t(label) : (param ?? ''), ...Object.fromEntries(told) }
}
