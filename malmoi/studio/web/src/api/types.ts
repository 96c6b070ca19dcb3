/** Shapes of the studio's and the model server's answers (malmoi/studio/routes, malmoi/serve/http_api.py). */

export interface Both {
  ko: string
  en: string
}

export interface About {
  version: string
  model: null | { name: string; engine: string; vocabulary_tokens: number; context_tokens: number; slots: number }
  limits: { default_max_tokens: number | null; max_stops: number; max_top_logprobs: number; max_temperature: number }
}

export type Role = 'system' | 'user' | 'assistant'

export interface Alternative {
  text: string
  logprob: number
}

/** One generated token with what else could have stood there. logprob in nats. */
export interface Token extends Alternative {
  top: Alternative[]
}

export interface CardInput {
  name: string
  title: Both
  type: 'text' | 'long_text' | 'choice' | 'number' | 'words'
  required: boolean
  max_chars: number
  example: string | number | string[] | null
  choices: string[]
}

export type InputValue = string | number | string[]

export interface CardDecoding {
  temperature: number
  top_p: number | null
  top_k: number | null
  repetition_penalty: number | null
  max_tokens: number
}

export interface Card {
  id: string
  version: number
  title: Both
  description: Both
  kind: 'classify' | 'generate' | 'game'
  instruction: string
  inputs: CardInput[]
  examples: { inputs: Record<string, InputValue>; output: string }[]
  output: {
    type: 'label' | 'text' | 'json' | 'choice' | 'word_chain'
    choices: string[]
    fields: { name: string; title: Both }[]
  }
  decoding: CardDecoding
  guards: { notice: Both | null }
}

export interface LabelOutput {
  /** null: none was likely enough. */
  label: string | null
  confidence: number
  abstained: boolean
  scores: { label: string; probability: number }[]
}

export interface JsonOutput {
  fields: Record<string, string>
  complete: boolean
  text: string
}

export interface ChainOutput {
  status: 'playing' | 'illegal' | 'model_wins' | 'user_wins'
  reason: string | null
  message: Both
  word: string | null
  history: string[]
  next_starts: string[]
  words_left: number
}

export interface CardResult {
  output: unknown
  finish: string | null
  tokens: number
  seconds: number
}

export interface Stage {
  name: 'corpus' | 'tokenizer' | 'tokens' | 'train' | 'model' | 'report'
  status: 'finished' | 'unfinished' | 'absent'
  seconds: number | null
  finished_at: number | null
  code: string | null
}

export interface StageDetail extends Stage {
  config: Record<string, unknown>
  counts: Record<string, unknown>
}

export interface RunSummary {
  name: string
  stages: Stage[]
  finished: boolean
  updated: number | null
}

export interface RunDetail {
  name: string
  stages: StageDetail[]
  has_report: boolean
  has_loss: boolean
  has_corpus: boolean
}

export type LossColumn =
  'step' | 'tokens' | 'seconds' | 'loss' | 'loss_min' | 'loss_max' | 'learning_rate' | 'gradient_norm' | 'tokens_per_s'

export interface Loss {
  steps: number
  columns: Record<LossColumn, (number | null)[]>
  checkpoints: number[]
  resumes: number[]
}

export interface Corpus {
  documents_in: number
  documents_kept: number
  documents_dropped: number
  raw_bytes_in: number
  text_bytes_kept: number
  dropped_by_reason: { reason: string; documents: number }[]
  by_kind: { kind: string; documents: number; text_bytes: number }[]
  by_source: { source: string; documents?: number; text_bytes?: number }[]
  masked: { type: string; count: number }[]
  seconds: number | null
  kinds: string[]
  reasons: string[]
  labels: Record<'reason' | 'kind' | 'masked', Record<string, Label>>
}

/** A name of the server's for people. */
export interface Label {
  ko: string
  en: string
}

export interface CorpusDocument {
  id: string | null
  title: string | null
  kind: string | null
  source: string | null
  origin: { file: string; offset: number } | null
  kept: boolean
  reasons: string[]
  detail: string | null
  text_bytes: number | null
  excerpt: string | null
}

export interface DocumentDetail extends CorpusDocument {
  text: string | null
  text_chars: number
  verdicts: { reason: string; fired: boolean }[]
  scores: { name: string; value: number | string | boolean | null }[]
}

export interface SavedPrompt {
  id: string
  title: string
  n: number
  updated: string
}
